package plan

import (
	"path"

	"jail/jail"
	"jail/mounts"
)

// macGrant is a service of macOS that a jail reaches only where it is asked for.
type macGrant struct {
	name  jail.Grant
	loss  string // what it opens
	reach jail.Reach
}

var macGrants = []macGrant{
	{jail.GrantKeychain, "the passwords and keys of your keychain can be asked for, and changed, as far as macOS asks nobody", jail.ReachPart},
	{jail.GrantMach, "every service of your session can be asked, and some start programs of yours outside of the jail", jail.ReachHost},
	{jail.GrantMachHost, "the host's own ports tell about its processors and memory", jail.ReachPart},
	{jail.GrantIOKit, "drivers can be opened, of graphics cards and others", jail.ReachPart},
	{jail.GrantPosixIPC, "memory and semaphores that your programs share by name can be read and changed", jail.ReachPart},
	{jail.GrantTrust, "the service that verifies certificates connects to where they say, past the gate of a filtered network", jail.ReachPart},
	{jail.GrantSignal, "every process of yours can be signalled, and so ended", jail.ReachPart},
}

// macGrants gives what was asked for.
func (b *builder) macGrants() error {
	for _, asked := range b.in.Config.MacAllow {
		for _, g := range macGrants {
			if string(g.name) != asked.Name {
				continue
			}
			if b.locked() {
				return notOnMacOS("The service "+asked.Name+" (from "+asked.Origin+")", "nothing of the host is, in lockdown", "run without lockdown, or without --macos-allow")
			}
			b.seatbelt.Grants = append(b.seatbelt.Grants, g.name)
			b.lost = append(b.lost, jail.Loss{Name: asked.Name, Why: g.loss + " (from " + asked.Origin + ")", Reach: g.reach})
			if g.name == jail.GrantKeychain {
				b.keychain()
			}
		}
	}
	return nil
}

// keychain gives the files of the user's keychains, which Apple's libraries read themselves.
func (b *builder) keychain() {
	own := path.Join(b.home, "Library/Keychains")
	if _, _, at := b.in.Host.resolve(own); at.Type == Directory && !b.taken(own) {
		b.add(mounts.Mount{Kind: mounts.Bind, Source: own, Target: own, Access: mounts.ReadWrite, Why: "your keychains, asked for by name"})
	}
	for _, file := range []string{"/Library/Keychains/System.keychain", "/Library/Preferences/com.apple.security.plist", "/private/var/db/mds"} {
		b.macShow(file, "keychains need it")
	}
}

// checkGrants refuses, on Linux, services that only macOS has. In a file they are for the user's other machines.
func (b *builder) checkGrants() error {
	for _, asked := range b.in.Config.MacAllow {
		if asked.Origin == "--macos-allow" {
			return &IntegrationError{Key: "macos_allow", Origin: asked.Origin, Flag: true, Why: asked.Name + " is a service of macOS", Fix: "leave it out on Linux"}
		}
	}
	return nil
}
