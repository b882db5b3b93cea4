package jail

import (
	"fmt"

	"jail/sbpl"
)

func allow(why string, filters []sbpl.Filter, ops ...sbpl.Operation) sbpl.Rule {
	return sbpl.Rule{Action: sbpl.Allow, Operations: ops, Filters: filters, Why: why}
}

func filters(kind sbpl.Kind, values ...string) (all []sbpl.Filter) {
	for _, v := range values {
		all = append(all, sbpl.Filter{Kind: kind, Value: v})
	}
	return all
}

// processRules are what every program needs. What may be read, and so be run, is the files' matter.
func processRules() sbpl.Profile {
	return sbpl.Profile{
		allow("programs start others, which inherit these rules", nil, sbpl.ProcessFork, sbpl.FileMapExecutable),
		allow("and know, and signal, those of this jail", filters(sbpl.Target, "same-sandbox"), sbpl.ProcessInfo, sbpl.Signal),
		allow("what the machine is", nil, sbpl.SysctlRead),
		allow("settings, the log, changes of the time zone, and who a user is", filters(sbpl.GlobalName,
			"com.apple.cfprefsd.daemon", "com.apple.logd", "com.apple.system.logger", "com.apple.system.notification_center",
			"com.apple.system.opendirectoryd.libinfo", "com.apple.system.opendirectoryd.membership"), sbpl.MachLookup),
		allow("where the notification center tells of changes", filters(sbpl.IPCName, "apple.shm.notification_center"), sbpl.IPCMemoryRead),
		allow("sockets that are files, where the files are allowed", filters(sbpl.SocketDomain, "AF_UNIX"), sbpl.SystemSocket),
	}
}

// terminalRules let programs make terminals, and set those that they made, which the kernel marks. Of other terminals the one
// of the jail's own may be set, and none else: who may set the user's may type into it (TIOCSTI).
func terminalRules(terminal string) sbpl.Profile {
	made := sbpl.Filter{Kind: sbpl.RequireAll, All: []sbpl.Filter{{Kind: sbpl.Regex, Tail: `/dev/ttys[0-9]+`}, {Kind: sbpl.Extension, Value: "com.apple.sandbox.pty"}}}
	profile := sbpl.Profile{
		allow("terminals of programs' own", nil, sbpl.PseudoTTY),
		allow("", append(filters(sbpl.Literal, "/dev/ptmx"), made), sbpl.FileRead, sbpl.FileWrite, sbpl.FileIoctl),
	}
	if terminal != "" {
		profile = append(profile, allow("the jail's terminal", filters(sbpl.Literal, terminal, "/dev/tty"), sbpl.FileRead, sbpl.FileWriteData, sbpl.FileIoctl))
	}
	return profile
}

// networkRules are about addresses. Sockets that are files go by the rules for files: Docker's is one.
func networkRules(s Spec, proxy int) sbpl.Profile {
	if s.Network.Filtered() {
		ports := []string{fmt.Sprintf("localhost:%d", proxy)}
		for _, p := range s.Gate.HostPorts {
			ports = append(ports, fmt.Sprintf("localhost:%d", p.Host))
		}
		return sbpl.Profile{allow("the gate, and ports of the host's that were asked for", filters(sbpl.Remote, ports...), sbpl.NetworkOutbound)}
	}
	if s.Network != NetworkHost {
		return nil
	}
	return sbpl.Profile{
		allow("the host's network", nil, sbpl.SystemSocket),
		allow("", append(filters(sbpl.Remote, "*:*"), filters(sbpl.Literal, "/private/var/run/mDNSResponder")...), sbpl.NetworkOutbound),
		allow("", filters(sbpl.Local, "*:*"), sbpl.NetworkBind, sbpl.NetworkInbound),
		allow("names, the network's settings, and whom to trust", filters(sbpl.GlobalName,
			"com.apple.SystemConfiguration.DNSConfiguration", "com.apple.SystemConfiguration.configd", "com.apple.dnssd.service", trustService), sbpl.MachLookup),
	}
}

// trustService verifies certificates. It connects to where they say, whatever a profile allows.
const trustService = "com.apple.trustd.agent"

// rules are those of the grants.
func (b Seatbelt) rules() (profile sbpl.Profile, err error) {
	for _, g := range b.Grants {
		var rules sbpl.Profile
		why := "granted: " + string(g)
		switch g {
		case GrantKeychain:
			rules = sbpl.Profile{
				allow(why, filters(sbpl.GlobalName, "com.apple.SecurityServer", "com.apple.secd", "com.apple.security.agent",
					"com.apple.security.authhost", "com.apple.securityd.xpc", "com.apple.trustd"), sbpl.MachLookup),
				allow("", filters(sbpl.IPCName, "com.apple.AppleDatabaseChanged"), sbpl.IPCMemoryRead, sbpl.IPCMemoryCreate, sbpl.IPCMemoryWrite),
			}
		case GrantMach:
			rules = sbpl.Profile{allow(why, nil, sbpl.MachLookup)}
		case GrantMachHost:
			rules = sbpl.Profile{allow(why, nil, sbpl.MachHost)}
		case GrantIOKit:
			rules = sbpl.Profile{allow(why, nil, sbpl.IOKitOpen)}
		case GrantPosixIPC:
			rules = sbpl.Profile{allow(why, nil, sbpl.IPCSemaphore, sbpl.IPCMemory)}
		case GrantTrust:
			rules = sbpl.Profile{allow(why, filters(sbpl.GlobalName, trustService), sbpl.MachLookup)}
		case GrantSignal:
			rules = sbpl.Profile{allow(why, nil, sbpl.Signal)}
		default:
			return nil, &UnfitError{string(g), fmt.Sprintf("there is no such grant among %q", []Grant{GrantKeychain, GrantMach, GrantMachHost, GrantIOKit, GrantPosixIPC, GrantSignal, GrantTrust})}
		}
		profile = append(profile, rules...)
	}
	return profile, nil
}
