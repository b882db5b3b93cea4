// Jail runs AI coding agents, or any command, in a sandbox that is made of nothing but this binary and the kernel.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"jail/jail"
)

// version is set by the release recipe.
var version = "dev"

func main() {
	if jail.IsInit() {
		jail.Init()
	}
	os.Exit(run(os.Args))
}

// run carries out one command line and returns the exit code.
func run(args []string) int {
	if len(args) == 3 && (args[1] == uploadPackVerb || args[1] == uploadIndexVerb) {
		return report(uploadPack(args[1], args[2]))
	}
	if len(args) > 2 && args[1] == completeVerb {
		return report(printCompletion(args[2:]))
	}
	if len(args) == 2 && args[1] == updateVerb {
		return report(updateCheck(context.Background()))
	}
	app := newApp()
	args, err := modernise(app, args)
	if err != nil {
		return report(err)
	}
	return report(standardOutput.complete(app.RunContext(context.Background(), flagsFirst(app, args))))
}

// interruptible is a context that ends at the first Ctrl-C or SIGTERM, for work that has to be undone then. Runs do not
// use it: they pass signals on to their command.
func interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}
