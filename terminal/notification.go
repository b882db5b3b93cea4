package terminal

// Notification9 makes a terminal show a notification on the desktop (OSC 9, of iTerm2). The text must not start with a digit, which
// makes a command of it (ConEmu).
func Notification9(text string) []byte {
	return []byte("\x1b]9;" + sanitize(text, maxNotification) + "\x1b\\")
}

// Notification777 is Notification9 for those terminals that take it with a title (OSC 777, of urxvt). The title holds no semicolon.
func Notification777(title, text string) []byte {
	return []byte("\x1b]777;notify;" + sanitize(title, maxTitle) + ";" + sanitize(text, maxNotification) + "\x1b\\")
}
