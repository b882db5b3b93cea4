// Packaging builds a release of jail: static binaries, archives, packages, recipes for package managers, lists of what is in
// them, and checksums. It is a module of its own, so that nothing it needs is in the program's. The same sources give the
// same bytes, wherever and whenever they are built with the same Go.
//
//	go -C packaging run . -releases https://example.com/jail/jail
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "packaging:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("packaging", flag.ContinueOnError)
	source := flags.String("source", "..", "the repository")
	out := flags.String("out", "../dist", "an empty or new `FOLDER` for the release")
	version := flags.String("version", "", "the version; git describe says it otherwise")
	releases := flags.String("releases", "", "`URL` of the repository that people get releases from: jail version --check asks it, and the recipes download from below it")
	maintainer := flags.String("maintainer", "The authors of jail <jail@example.invalid>", "whom the packages name")
	only := flags.String("only", "", "build for one `TARGET` alone, such as linux/amd64")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if err := checkReleases(*releases); err != nil {
		return err
	}
	root, err := filepath.Abs(*source)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(*out)
	if err != nil {
		return err
	}
	r, err := describe(ctx, root, *version)
	if err != nil {
		return err
	}
	r.out, r.releases, r.maintainer = folder, *releases, *maintainer
	if r.targets, err = chosen(*only); err != nil {
		return err
	}
	return r.make(ctx)
}

// checkReleases refuses what would be no address, or more than one word, where it stands in command lines and recipes.
func checkReleases(url string) error {
	if url != "" && !regexp.MustCompile(`^https://[0-9A-Za-z.:/_~-]+[0-9A-Za-z_~-]$`).MatchString(url) {
		return fmt.Errorf("-releases %q is not like https://HOST/OWNER/NAME", url)
	}
	return nil
}
