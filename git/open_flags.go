package git

import "golang.org/x/sys/unix"

// directoryOnly makes an open fail on anything but a directory, and never wait.
const directoryOnly = unix.O_DIRECTORY | unix.O_NONBLOCK | unix.O_NOFOLLOW
