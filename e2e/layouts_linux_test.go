package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"jail/e2e/harness"
	"jail/jail/jailtest"
)

// TestLayouts runs jail on systems that lay out their files in another way than this one. Each script describes one, which
// enter.sh builds from this one's files in a mount namespace.
func TestLayouts(t *testing.T) {
	if os.Geteuid() == 0 {
		return // runAsUser has run it
	}
	jailtest.Require(t, jailtest.UserNS, jailtest.Landlock)
	p := params("testdata/layouts")
	p.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		script, err := os.ReadFile("testdata/layouts/enter.sh")
		if err != nil {
			return err
		}
		env.Setenv("JAILBIN", harness.Bin())
		env.Setenv("PATH", env.Getenv("PATH")+":/usr/sbin:/sbin") // pivot_root(8)
		return os.WriteFile(filepath.Join(env.WorkDir, "enter.sh"), script, 0o644)
	}
	testscript.Run(t, p)
}
