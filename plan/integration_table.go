package plan

import "jail/jail"

// integrations are those that there are, in the order in which they are given.
var integrations = []integration{
	{key: "gpu", fix: "look whether the driver is loaded: ls /dev/dri /dev/nvidia*", loss: "the kernel's graphics drivers can be reached", parts: []part{
		{kind: aDevice, need: neededAny, places: []string{"/dev/dri/renderD*", "/dev/nvidia*", "/dev/nvidia-caps/*", "/dev/kfd", "/dev/dxg"}},
		{kind: aDevice, need: neededAny, word: "full", places: []string{"/dev/dri/card*"}},
	}},
	{key: "docker", reach: jail.ReachHost, fix: "start Docker, or set DOCKER_HOST=unix:///path/to/its.sock",
		loss: "whoever reaches Docker's socket starts containers with whatever Docker may read: all of your files, and those of root unless it is rootless",
		parts: []part{
			{kind: aSocket, need: ofSystem, places: []string{"$DOCKER_HOST", runtimeDir + "/docker.sock", "~/.docker/desktop/docker.sock", "/var/run/docker.sock"}, env: []string{"DOCKER_HOST=unix://@"}},
			{kind: aFolder, need: maybe, places: []string{"/mnt/wsl/docker-desktop/cli-tools"}},
		}},
	{key: "display", fix: "start it from a Wayland session, where WAYLAND_DISPLAY is set; for X11 there is --x11",
		loss:  "windows can be opened, and the clipboard read while one of them has the keyboard",
		parts: []part{{kind: aSocket, places: []string{"$WAYLAND_DISPLAY"}, env: []string{"WAYLAND_DISPLAY"}}}},
	{key: "x11", reach: jail.ReachHost, fix: "start it from an X11 session, where DISPLAY is set",
		loss: "every window of this display can be read, and typed into: a terminal obeys that",
		parts: []part{
			{kind: aSocket, need: ofSystem, places: []string{"$DISPLAY"}, env: []string{"DISPLAY"}},
			{kind: aFile, need: maybe, places: []string{"$XAUTHORITY", "~/.Xauthority"}, env: []string{"XAUTHORITY=@"}},
		}},
	{key: "ssh", signs: "ssh", fix: "start ssh-agent, which sets SSH_AUTH_SOCK, and ssh-add your key; --ssh=keys shows the keys themselves",
		loss: "the command can log in wherever your keys can, and what --ssh=keys shows it can keep",
		parts: []part{
			{kind: aSocket, word: "!keys", places: []string{"$SSH_AUTH_SOCK"}, env: []string{"SSH_AUTH_SOCK=@"}},
			{kind: aSocket, need: maybe, word: "keys", places: []string{"$SSH_AUTH_SOCK"}, env: []string{"SSH_AUTH_SOCK=@"}},
			{kind: aFolder, word: "keys", places: []string{"~/.ssh"}},
			{kind: aFile, need: maybe, word: "!keys", places: []string{"~/.ssh/config"}},
			{kind: aFile, need: maybe, word: "!keys", places: []string{"~/.ssh/known_hosts"}},
		}},
	{key: "gpg", signs: "openpgp", fix: "start the agent, in GnuPG's usual folder: gpgconf --launch gpg-agent",
		loss: "the command can sign as you and decrypt what is meant for you, without a question while your agent remembers the passphrase",
		parts: []part{
			// The socket for machines that one trusts less: no key is given out, made, changed or deleted over it (gpg-agent(1),
			// extra-socket). GnuPG inside looks for it by the other's name.
			{kind: aSocket, places: []string{runtimeDir + "/gnupg/S.gpg-agent.extra", "~/.gnupg/S.gpg-agent.extra"}, as: "S.gpg-agent"},
			{kind: aFile, need: maybe, places: []string{"~/.gnupg/pubring.kbx", "~/.gnupg/pubring.gpg"}},
			{kind: aFile, need: maybe, places: []string{"~/.gnupg/trustdb.gpg"}},
		}},
	{key: "pictures", fix: "set XDG_PICTURES_DIR to the folder", parts: []part{{kind: aFolder, places: []string{"$XDG_PICTURES_DIR", "~/Pictures"}}}},
	{key: "tailscale", fix: "start tailscaled", loss: "this machine's place in your tailnet can be changed as far as you may do that",
		parts: []part{{kind: aSocket, need: ofSystem, places: []string{"/var/run/tailscale/tailscaled.sock"}}}},
	{key: "systemd_user", reach: jail.ReachHost, fix: "log in on a machine with systemd, where XDG_RUNTIME_DIR is set",
		loss: "the session's bus starts programs of yours outside of the jail",
		parts: []part{
			{kind: aSocket, places: []string{runtimeDir + "/bus"}, env: []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=@"}},
			{kind: aSocket, need: maybe, places: []string{runtimeDir + "/systemd/private"}},
		}},
	{key: "host_shm", fix: "mount a tmpfs on /dev/shm", loss: "memory that your programs share can be read and changed", parts: []part{{kind: theShm, places: []string{"/dev/shm"}}}},
	{key: "mise", fix: "install mise", loss: "mise's settings can be read, with the variables that they set", parts: []part{
		{kind: aProgram, places: []string{"mise"}},
		{kind: aFolder, need: maybe, places: []string{"$MISE_DATA_DIR", "~/.local/share/mise"}},
		{kind: aFolder, need: maybe, places: []string{"$MISE_CONFIG_DIR", "~/.config/mise"}},
	}},
}
