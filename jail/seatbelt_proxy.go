//go:build linux || darwin

package jail

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// openProxy listens at a port of the host's loopback, which is all of the network that the command reaches, has it served, and
// tells the command's programs of it.
func (c *confined) openProxy(serve func(Doors) error) error {
	file, port, err := listenLoopback()
	if err != nil {
		return &StepError{Step: "listen for the gate of the network", Text: err.Error()}
	}
	if err := serve(Doors{Level: LevelProxy, Proxy: file}); err != nil {
		file.Close()
		return err
	}
	c.proxy = port
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		c.extra = append(c.extra, name+"="+address, strings.ToLower(name)+"="+address)
	}
	const direct = "localhost,127.0.0.1,::1"
	c.extra = append(c.extra, "NO_PROXY="+direct, "no_proxy="+direct)
	return nil
}

// listenLoopback listens at a free port. Package net would cost every start of a jail, filtered or not.
func listenLoopback() (file *os.File, port int, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, 0, os.NewSyscallError("socket", err)
	}
	unix.CloseOnExec(fd)
	file = os.NewFile(uintptr(fd), "gate")
	if err = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err == nil {
		err = unix.Listen(fd, unix.SOMAXCONN)
	}
	if err == nil {
		var at unix.Sockaddr
		if at, err = unix.Getsockname(fd); err == nil {
			return file, at.(*unix.SockaddrInet4).Port, nil
		}
	}
	file.Close()
	return nil, 0, err
}
