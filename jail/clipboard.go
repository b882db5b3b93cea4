package jail

import "jail/terminal"

// copyKeys let through what the command wants to write to the user's clipboard.
const copyKeys = "ctrl-] c"

// asksToCopy makes a screen of OutputAsk look for the keys among those that pass.
func (s *screen) asksToCopy() error {
	keys, err := terminal.ParseKeys(copyKeys)
	if err != nil {
		return err
	}
	before := s.typed
	s.typed = func(typed []byte) []byte {
		if before != nil {
			typed = before(typed)
		}
		var pass []byte
		for found := true; found; {
			var more []byte
			if more, typed, found = keys.Find(typed); found {
				s.copy()
			}
			pass = append(pass, more...)
		}
		return pass
	}
	return nil
}

// copy writes to the clipboard what the user has just allowed, if that is what he was told: a bar that waits to be drawn tells of
// something before it.
func (s *screen) copy() {
	s.writing.Lock()
	defer s.writing.Unlock()
	if !s.ended && !s.filter.BarDue() {
		s.write(s.filter.Copied())
		s.write(s.filter.Notice(""))
	}
}

// tellCopy says that the command wants to copy something, in the bar where there is one, else as the terminal tells of things that
// happen in a window that nobody looks at.
func (s *screen) tellCopy(events []terminal.Event) {
	for _, e := range events {
		if e.Kind != terminal.EventClipboard {
			continue
		}
		text := "copy " + e.Text + " characters? Ctrl-] c"
		s.writing.Lock()
		switch {
		case s.ended:
		case s.filter.HasBar():
			s.write(s.filter.Notice(text))
			s.await()
		default:
			s.write(append(terminal.Notification9("jail: "+text), '\a'))
		}
		s.writing.Unlock()
	}
}
