#!/bin/sh
# Takes away the link by which postinstall.sh switched the profile off. dpkg says "purge" once the profile itself goes.
set -e
case $1 in
purge | 0)
	if [ "$(readlink /etc/apparmor.d/disable/jail)" = /etc/apparmor.d/jail ]; then
		rm -f /etc/apparmor.d/disable/jail
		if [ ! -e /etc/apparmor.d/abi ]; then # no AppArmor is here, so the folder was made by postinstall.sh
			rmdir --ignore-fail-on-non-empty /etc/apparmor.d/disable
		fi
	fi
	;;
esac
