package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"jail/config"
	"jail/jail"
	"jail/network"
	"jail/network/gate"
)

// gateway is what of a filtered run's network lies outside of the jail: the gate, its log, and the ports that are published.
// That of any other run is nil, and does nothing.
type gateway struct {
	spec      jail.Spec
	command   string // its name, without arguments, which may be secrets
	policy    *network.Policy
	publisher publisher
	published published
	path      string
	file      *lateFile
	log       *gate.Log
	upstream  *gate.Proxy
	gate      *gate.Gate
	stop      context.CancelFunc // of what publishes the ports that are opened; nil: nothing does
}

// newGateway makes everything that can fail, before anything is started.
func newGateway(s jail.Spec, p places, command, logPath string) (*gateway, error) {
	if !s.Network.Filtered() {
		return nil, nil
	}
	g := &gateway{spec: s, command: command, publisher: p.publisher(s.Name)}
	var err error
	if g.policy, err = network.Compile(s.Gate.Allow, s.Gate.Deny, s.Network == jail.NetworkAudit); err != nil {
		return nil, err
	}
	if slices.Contains(s.Gate.Relax, config.RelaxPrivate) {
		g.policy.OpenPrivate()
	}
	if g.upstream, err = upstream(); err != nil {
		return nil, err
	}
	if g.published, err = g.publisher.publish(s.Gate.Publish); err != nil {
		return nil, err
	}
	if g.path = logPath; logPath == "" {
		g.path = p.newNetLog()
		p.dropOldNetLogs()
		err = os.MkdirAll(filepath.Dir(g.path), 0o700)
	}
	g.file = &lateFile{path: g.path}
	if err == nil && logPath != "" {
		err = g.file.open() // a name that was typed wrong is to be told now
	}
	if err != nil {
		g.published.close()
		return nil, fmt.Errorf("cannot open the log of the network: %w", err)
	}
	g.log = gate.NewLog(g.file)
	return g, nil
}

// upstream is the proxy that the user's environment asks for, and what it asks to reach without.
func upstream() (*gate.Proxy, error) {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		if value := os.Getenv(name); value != "" {
			proxy, err := gate.ParseProxy(value, cmp.Or(os.Getenv("NO_PROXY"), os.Getenv("no_proxy")))
			if err != nil {
				return nil, &hinted{fmt.Errorf("%s: %w", name, err), "unset it for this run, or use --network host"}
			}
			return proxy, nil
		}
	}
	return nil, nil
}

// serve is what Run calls when the jail's doors are open.
func (g *gateway) serve() func(jail.Doors) error {
	if g == nil {
		return nil
	}
	return func(d jail.Doors) error {
		defer d.Close()
		l, err := listeners(d)
		if err != nil {
			return err
		}
		ports := map[int]int{}
		for _, p := range g.spec.Gate.HostPorts {
			ports[p.Jail] = p.Host
		}
		g.log.Write(gate.Entry{Verdict: verdictStart, Command: g.command, Reason: strings.TrimSpace(string(d.Level) + " " + d.Why)})
		c := gate.Config{Policy: g.policy, HostPorts: ports, Log: g.log, Upstream: g.upstream, Who: d.Who}
		if slices.Contains(g.spec.Gate.Relax, config.RelaxECH) {
			c.ECH = gate.ECHPasses
		}
		g.gate = gate.Serve(c, l)
		g.published.serve(d.Dial)
		if slices.ContainsFunc(g.spec.Gate.Publish, func(p jail.Publish) bool { return p.Jail == 0 }) {
			ctx, stop := context.WithCancel(context.Background())
			g.stop = stop
			go g.publisher.serveOpened(ctx, d.Listening, d.Dial)
		}
		return nil
	}
}

// listeners makes of descriptors what Go can accept from.
func listeners(d jail.Doors) (l gate.Listeners, err error) {
	if d.Level == jail.LevelProxy {
		l.Proxy, err = net.FileListener(d.Proxy)
		return l, err
	}
	each := func(files []*os.File) (all []net.Listener) {
		for _, f := range files {
			var one net.Listener
			if err == nil {
				one, err = net.FileListener(f)
			}
			all = append(all, one)
		}
		return all
	}
	l.TCP, l.HostPorts, l.DNS = each(d.TCP), each(d.HostPorts), each([]*os.File{d.DNS})[0]
	if err != nil {
		return l, err
	}
	packets, err := net.FilePacketConn(d.DNSPacket)
	if err != nil {
		return l, err
	}
	if d.Datagrams != nil {
		if l.Datagrams, err = pollable(d.Datagrams); err != nil {
			return l, err
		}
	}
	var ok bool
	if l.Packets, ok = packets.(*net.UDPConn); !ok {
		return l, fmt.Errorf("the jail answers names at a %T", packets)
	}
	return l, nil
}

// pollable is the same file once more, whose reading ends when it is closed.
func pollable(f *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// close ends what serves.
func (g *gateway) close() {
	if g == nil {
		return
	}
	if g.stop != nil {
		g.stop()
	}
	g.published.close()
	if g.gate != nil {
		g.gate.Close()
	}
	g.file.close()
}

// mostTold is how many refused hosts the line at the end of a run names.
const mostTold = 5

// tell says in one line what was refused, when all has ended, and returns it, the most frequent first.
func (g *gateway) tell() (denied []gate.Denial) {
	if g == nil {
		return nil
	}
	if g.gate != nil {
		g.gate.Close()
	}
	denials, more, err := g.log.Finish()
	if err != nil {
		warn("%q does not tell all of the network: %v", g.path, err)
	}
	slices.SortStableFunc(denials, func(a, b gate.Denial) int { return cmp.Compare(b.Times, a.Times) })
	failed := slices.Clone(denials)
	failed = slices.DeleteFunc(failed, func(d gate.Denial) bool { return d.Reason != gate.Unreachable })
	denials = slices.DeleteFunc(denials, func(d gate.Denial) bool { return d.Reason == gate.Unreachable })
	if len(failed) > 0 {
		warn("network: could not be reached: %s", destinations(failed))
	}
	if n := len(denials) + more; n > 0 {
		warn("network: %s denied: %s; jail net log --denied tells more, jail net suggest makes rules", count(n, "destination"), destinations(denials))
	}
	return denials
}

// destinations lists the first of them.
func destinations(denials []gate.Denial) string {
	var names []string
	for _, d := range denials[:min(len(denials), mostTold)] {
		names = append(names, destination(d))
	}
	if len(denials) > mostTold {
		names = append(names, "…")
	}
	return strings.Join(names, ", ")
}

func destination(d gate.Denial) string {
	name := net.JoinHostPort(d.Host, strconv.Itoa(d.Port))
	if d.Times > 1 {
		name += fmt.Sprintf(" (x%d)", d.Times)
	}
	return name
}

// lateFile is a file that is made when something is written to it.
type lateFile struct {
	path string
	file *os.File
}

func (f *lateFile) open() (err error) {
	f.file, err = os.OpenFile(f.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	return err
}

func (f *lateFile) Write(p []byte) (int, error) {
	if f.file == nil {
		if err := f.open(); err != nil {
			return 0, err
		}
	}
	return f.file.Write(p)
}

func (f *lateFile) close() {
	if f.file != nil {
		f.file.Close()
	}
}
