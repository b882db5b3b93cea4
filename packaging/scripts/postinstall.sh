#!/bin/sh
# Loads the AppArmor profile where AppArmor knows user namespaces (4.0 and later, as in Ubuntu 24.04, which forbids them to programs
# without one). Older ones cannot read it, and would complain at every start of the machine: there it is switched off, as
# aa-disable does. Nothing of this may fail the installation.
set -e
profile=/etc/apparmor.d/jail off=/etc/apparmor.d/disable/jail
if [ -e /etc/apparmor.d/abi/4.0 ]; then
	if [ "$(readlink "$off")" = "$profile" ]; then
		rm -f "$off"
	fi
	if [ -d /sys/kernel/security/apparmor ] && command -v apparmor_parser >/dev/null; then
		apparmor_parser -r "$profile" || echo "jail: cannot load $profile; jail doctor tells whether that matters" >&2
	fi
elif [ ! -e "$off" ] && [ ! -L "$off" ]; then
	mkdir -p /etc/apparmor.d/disable
	ln -s "$profile" "$off"
fi
