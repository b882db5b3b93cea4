package seccomp

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var unixFolder = sync.OnceValues(func() (string, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/sys").Output()
	return filepath.Join(strings.TrimSpace(string(out)), "unix"), err
})

var constant = regexp.MustCompile(`(?m)^\s+SYS_(\w+)\s+= (\d+)$`)

// syscalls reads the table of golang.org/x/sys, which is made from the kernel's headers and so checks what libseccomp says.
func syscalls(t testing.TB, arch string) map[string]uint32 {
	t.Helper()
	folder, err := unixFolder()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "zsysnum_linux_"+arch+".go"))
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]uint32{}
	for _, match := range constant.FindAllStringSubmatch(string(text), -1) {
		number, err := strconv.ParseUint(match[2], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		numbers[strings.ToLower(match[1])] = uint32(number)
	}
	if len(numbers) < 300 {
		t.Fatalf("read only %d syscalls of %s", len(numbers), arch)
	}
	return numbers
}

// reviewed are all architectures with rules, those that are only let in included.
func reviewed() []Architecture {
	var all []Architecture
	for _, a := range Architectures() {
		all = append(all, a)
		if a.Compat != nil {
			all = append(all, *a.Compat)
		}
	}
	return all
}

func TestEverySyscallThatTheKernelHasWasReviewed(t *testing.T) {
	for _, arch := range reviewed() {
		for name, number := range syscalls(t, arch.Name) {
			if number > arch.LastReviewed {
				t.Errorf("%s: %s has number %d, above the last reviewed, %d: decide on it, then raise LastReviewed",
					arch.Name, name, number, arch.LastReviewed)
			}
		}
	}
}

// What an architecture has of a rule's names must be refused on it: "Only" must not leave one out.
func TestRulesCoverEveryArchitecture(t *testing.T) {
	for _, arch := range reviewed() {
		numbers := syscalls(t, arch.Name)
		refused := map[string]bool{}
		for _, rule := range Rules() {
			for _, name := range rule.Names(arch.Name) {
				refused[name] = true
				if _, ok := numbers[name]; !ok {
					t.Errorf("%s has no %s", arch.Name, name)
				}
			}
		}
		for _, rule := range Rules() {
			for name := range strings.FieldsSeq(rule.Syscalls) {
				if _, ok := numbers[name]; ok && !refused[name] {
					t.Errorf("%s has %s, and no rule refuses it there", arch.Name, name)
				}
			}
		}
	}
}
