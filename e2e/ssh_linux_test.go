package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"

	"golang.org/x/crypto/ssh"
)

// sshConfig is of a server that lets everybody in. What it calls itself is what scripts look for.
func sshConfig() (*ssh.ServerConfig, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{NoClientAuth: true, ServerVersion: "SSH-2.0-standin"}
	config.AddHostKey(signer)
	return config, nil
}

// serveSSH answers as a host of git repositories does: it runs git's own programs on the one that it has, and greets others.
func serveSSH(l net.Listener, config *ssh.ServerConfig, repository string) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, channels, requests, err := ssh.NewServerConn(conn, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for asked := range channels {
				channel, requests, err := asked.Accept()
				if err != nil {
					return
				}
				go serveSession(channel, requests, repository)
			}
		}()
	}
}

// serveSession carries out one command.
func serveSession(channel ssh.Channel, requests <-chan *ssh.Request, repository string) {
	defer channel.Close()
	for r := range requests {
		if r.Type != "exec" && r.Type != "shell" {
			_ = r.Reply(r.Type == "env" || r.Type == "pty-req", nil)
			continue
		}
		_ = r.Reply(true, nil)
		var command struct{ Line string }
		_ = ssh.Unmarshal(r.Payload, &command) // a shell has none
		status := serveCommand(channel, command.Line, repository)
		_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{status}))
		return
	}
}

func serveCommand(channel ssh.Channel, line, repository string) (status uint32) {
	for _, program := range []string{"upload-pack", "receive-pack"} {
		if line != "git-"+program+" 'x/stand-in.git'" {
			continue
		}
		cmd := exec.Command("git", program, repository)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1")
		cmd.Stdout, cmd.Stderr = channel, channel.Stderr()
		in, err := cmd.StdinPipe() // Run would wait for the client's end
		if err != nil || cmd.Start() != nil {
			return 1
		}
		go func() { _, _ = io.Copy(in, channel); in.Close() }()
		if cmd.Wait() != nil {
			return 1
		}
		return 0
	}
	fmt.Fprintln(channel, "Hi! You've successfully authenticated, but stand-in does not provide shell access.")
	return 1
}
