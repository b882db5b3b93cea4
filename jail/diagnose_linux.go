package jail

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"jail/mounts"
)

const maskedProcFix = "run the container with --security-opt systempaths=unconfined, or use the container itself as the sandbox"

// Diagnose explains an error of Run from the switches of this host: why the kernel refused, and the exact fix. Both are
// empty where nothing is known.
func Diagnose(err error) (why, fix string) {
	var namespaces *NamespaceError
	var step *StepError
	var group *CgroupError
	switch {
	case errors.As(err, &group):
		return "the cgroup that jail was started in could be divided by its permissions, and cannot", "start jail in one of its own: " + DelegatedStart + "; or do without limits: --no-rlimits"
	case errors.As(err, &namespaces):
		return diagnoseNamespaces(namespaces.Err)
	case !errors.As(err, &step):
		return "", ""
	case (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) && Inside():
		return AlreadyInside, LeaveItAsItIs
	case (errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)) && appArmorRestricts():
		// It lets the namespace be made and then denies it every capability.
		return appArmorWhy, appArmorFix()
	case step.Step == pivotRoot && errors.Is(err, unix.EINVAL):
		return "the root of this system is an initramfs, which cannot be pivoted away from", "run jail from a booted system, or in a container whose root is a mount of its own"
	case step.Step == filterSyscalls:
		return "this kernel, or what runs it (gVisor, an emulator), takes no syscall filter", "run a kernel with CONFIG_SECCOMP_FILTER, or do without: --no-seccomp"
	case strings.HasPrefix(step.Step, string(mounts.Overlay)+" "):
		return diagnoseOverlay(err)
	case errors.Is(err, unix.ENOSYS):
		return "this kernel (" + release() + ") lacks a call that jail needs", "run Linux 5.12 or newer"
	case errors.Is(err, unix.EPERM) && (step.Step == mounts.Mount{Kind: mounts.Proc, Target: "/proc"}.String() || step.Step == forbidNested):
		return "this container hides parts of /proc, so the kernel allows no /proc of the jail's own", maskedProcFix
	case errors.Is(err, unix.EPERM):
		return "a security module or the surrounding container forbids it", "jail doctor tells which primitive is missing"
	case errors.Is(err, unix.EMFILE):
		return "too many open files: each mount needs one", "ulimit -n 4096"
	}
	return "", ""
}

func diagnoseNamespaces(err error) (why, fix string) {
	switch {
	case Inside():
		return AlreadyInside, LeaveItAsItIs
	case readValue("/proc/sys/user/max_user_namespaces") == "0":
		return "user namespaces are switched off: user.max_user_namespaces is 0", "as root: sysctl -w user.max_user_namespaces=15000"
	case readValue("/proc/sys/kernel/unprivileged_userns_clone") == "0":
		return "this kernel forbids user namespaces to ordinary users", "as root: sysctl -w kernel.unprivileged_userns_clone=1"
	case appArmorRestricts():
		return appArmorWhy, appArmorFix()
	case strings.HasSuffix(release(), "-Microsoft"):
		return "this is WSL 1, which has no kernel of Linux", "convert the distribution: wsl --set-version NAME 2"
	case errors.Is(err, unix.ENOSPC):
		return "the limit of nested or existing namespaces is reached (user.max_*_namespaces)", "end other sandboxes, or as root raise the limits below /proc/sys/user"
	case errors.Is(err, unix.EPERM):
		return "the surrounding container or sandbox forbids namespaces", "in Docker: --security-opt seccomp=unconfined --security-opt systempaths=unconfined; or run jail on the host"
	case errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOSYS):
		return "this kernel (" + release() + ") was built without a namespace that jail needs", "run a kernel with user, pid, ipc, uts, cgroup and network namespaces"
	}
	return "", ""
}

// diagnoseOverlay never advises to share the folder writable without a word: that is what the overlay was to prevent.
func diagnoseOverlay(err error) (why, fix string) {
	const without = "do without the overlay: share the folder read-only (--map, --agent-state ro), or leave it out (--caches=false, --review=false)"
	switch {
	case errors.Is(err, unix.EBUSY):
		return "another run still uses the layer", "end it, or wait a moment"
	case errors.Is(err, unix.ENODEV):
		return "this kernel (" + release() + ") has no overlayfs", "modprobe overlay, or run a kernel with CONFIG_OVERLAY_FS; or " + without
	case errors.Is(err, unix.EPERM):
		return "this kernel (" + release() + ") lets no ordinary user mount overlays, or a security module forbids it", "run Linux 5.11 or newer; or " + without
	}
	return "overlayfs does not work with the file system of the folder, or of jail's state folder: it needs extended attributes, and neither may be NFS, eCryptfs, FAT or an overlay itself",
		"put jail's state folder onto another file system with XDG_STATE_HOME; or " + without
}

const appArmorWhy = "AppArmor (Ubuntu 24.04 and later) forbids user namespaces to programs without a profile"

func appArmorRestricts() bool {
	return readValue("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1"
}

// appArmorFix names the path that this binary really has: AppArmor attaches by path, and so a sudo that finds another jail
// would install a profile for that one.
func appArmorFix() string {
	return fmt.Sprintf("%s doctor --apparmor | sudo tee /etc/apparmor.d/jail && sudo apparmor_parser -r /etc/apparmor.d/jail", self())
}

func self() string {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return "/usr/local/bin/jail"
	}
	return path
}

func readValue(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}

func release() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return "Linux " + unix.ByteSliceToString(u.Release[:])
}
