package jail

import (
	_ "embed"
	"strings"
)

// appArmorProfile is the profile with @JAIL@ in place of the program's path; packages install it too.
//
//go:embed apparmor.profile
var appArmorProfile string

// AppArmorProfile lets this very file make user namespaces, and restricts it in nothing (apparmor.d(5)).
func AppArmorProfile() string { return profileFor(self()) }

// profileFor quotes the path as apparmor.d(5) has it.
func profileFor(path string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path)
	return strings.ReplaceAll(appArmorProfile, "@JAIL@", quoted)
}
