#!/bin/sh
# Unloads the AppArmor profile, but not at an upgrade. dpkg says "remove" or "upgrade", rpm how many are left.
set -e
case $1 in
remove | 0)
	if [ -e /etc/apparmor.d/abi/4.0 ] && [ -d /sys/kernel/security/apparmor ] && command -v apparmor_parser >/dev/null; then
		apparmor_parser -R /etc/apparmor.d/jail 2>/dev/null || true
	fi
	;;
esac
