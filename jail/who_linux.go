package jail

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Bounds of a look at the jail's processes and sockets: the jail decides how many processes and descriptors there are.
const (
	mostProcesses   = 500
	mostDescriptors = 1000
	whoTimeout      = 100 * time.Millisecond
)

// who finds the process of the jail that has a connection, by its own end of it: its pid on the host, and the name that it has
// given itself. It is a guess for the log: processes share descriptors, pass them on and end.
func who(init int, client netip.AddrPort) (pid int, command string) {
	end := time.Now().Add(whoTimeout)
	inode := socketInode(init, client)
	if inode == "" {
		return 0, ""
	}
	link, stack := "socket:["+inode+"]", []int{init}
	for n := 0; len(stack) > 0 && n < mostProcesses && time.Now().Before(end); n++ {
		pid, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if pid != init && holds(pid, link) {
			name, _ := readSmall(fmt.Sprintf("/proc/%d/comm", pid))
			return pid, strings.TrimSuffix(string(name), "\n")
		}
		stack = append(stack, children(pid)...)
	}
	return 0, ""
}

// socketInode reads /proc/PID/net/tcp (proc_pid_net(5)): of each line the second word is the own end, the tenth the inode.
func socketInode(pid int, end netip.AddrPort) string {
	table, address := "tcp6", procAddress(end.Addr().As16())
	if end.Addr().Is4() {
		four := end.Addr().As4()
		table, address = "tcp", procAddress(four)
	}
	inode := ""
	own := fmt.Sprintf("%s:%04X", address, end.Port())
	eachSocket(pid, table, func(words []string) bool {
		if words[1] == own {
			inode = words[9]
		}
		return inode == ""
	})
	return inode
}

// eachSocket gives the words of each line of a table, for as long as it is asked for more.
func eachSocket(pid int, table string, look func(words []string) bool) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 9 && !look(words) {
			return
		}
	}
}

// listening finds the ports at which programs of the jail listen, on its loopback or on all addresses, but for init's own doors.
func listening(init int, own []string) []int {
	const listens = "0A" // TCP_LISTEN, of include/net/tcp_states.h
	reachable := []string{procAddress([4]byte{127, 0, 0, 1}), procAddress([4]byte{}), procAddress([16]byte{}), procAddress([16]byte{15: 1})}
	var ports []int
	for _, table := range []string{"tcp", "tcp6"} {
		eachSocket(init, table, func(words []string) bool {
			address, text, _ := strings.Cut(words[1], ":")
			port, err := strconv.ParseUint(text, 16, 16)
			if err == nil && words[3] == listens && slices.Contains(reachable, address) && !slices.Contains(own, words[9]) {
				ports = append(ports, int(port))
			}
			return len(ports) < mostDescriptors
		})
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// inodes are those of sockets, as the tables write them.
func inodes(sockets []*os.File) []string {
	var all []string
	for _, f := range sockets {
		var st unix.Stat_t
		if unix.Fstat(int(f.Fd()), &st) == nil {
			all = append(all, strconv.FormatUint(st.Ino, 10))
		}
	}
	return all
}

// procAddress writes an address as the kernel prints it: words of 32 bits, each as the machine has it.
func procAddress[T [4]byte | [16]byte](address T) string {
	var out []byte
	for i := 0; i < len(address); i += 4 {
		out = binary.BigEndian.AppendUint32(out, binary.NativeEndian.Uint32([]byte{address[i], address[i+1], address[i+2], address[i+3]}))
	}
	return strings.ToUpper(hex.EncodeToString(out))
}

func holds(pid int, link string) bool {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return false
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(mostDescriptors)
	for _, name := range names {
		if to, err := os.Readlink(dir.Name() + "/" + name); err == nil && to == link {
			return true
		}
	}
	return false
}

// children are those of all threads of a process.
func children(pid int) (all []int) {
	dir, err := os.Open(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	defer dir.Close()
	threads, _ := dir.Readdirnames(mostDescriptors)
	for _, thread := range threads {
		text, err := readSmall(fmt.Sprintf("/proc/%d/task/%s/children", pid, thread))
		if err != nil {
			continue
		}
		for _, word := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(word); err == nil {
				all = append(all, child)
			}
		}
	}
	return all
}
