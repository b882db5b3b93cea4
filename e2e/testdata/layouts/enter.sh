# sh enter.sh LAYOUT COMMAND…: in namespaces of its own builds the root that the file LAYOUT describes, in memory and by bind mounts of
# the host's, makes it the root, and runs the command there. All of it ends with the command.
#
# LAYOUT is a script that puts files under $root, and says where things are: home, path, start (the working directory; the home's p
# where it says nothing) and id (of the user). It may use
#   bind FROM TO     a mount of the host's
#   put PATH TEXT    a file
set -e
[ -n "$inside" ] || inside=1 exec unshare --user --map-root-user --mount sh "$0" "$@"
bind() {
	if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "${2%/*}" && : >> "$2"; fi
	mount --rbind "$1" "$2"
}
put() {
	mkdir -p "${1%/*}"
	echo "$2" > "$1"
}
root=$WORK/root id=1000 home=/home/u path=/usr/bin:/bin
mkdir -p "$root"
mount -t tmpfs tmpfs "$root"
mkdir -p "$root/run" "$root/etc" "$root/var/tmp" "$root/old"
bind /proc "$root/proc"
bind /dev "$root/dev"
bind "$JAILBIN" "$root/opt/jail/bin"
. "$1"
shift
[ -e "$root/tmp" ] || mkdir "$root/tmp"
cd "$root"
pivot_root . old
PATH=$path
umount -l old
rmdir old
mkdir -p "$home/p"
cd "${start:-$home/p}"
exec env -i PATH="/opt/jail/bin:$path" HOME="$home" LANG=C.UTF-8 $variables unshare --user --map-user="$id" --map-group="$id" "$@"
