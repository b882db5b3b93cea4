// Bench compares jail with bubblewrap: the start-up time of `true` behind the very same mounts; and work inside a jail with
// the same work outside, against the bounds that jail has to keep. What is compared runs in turn, so that a ratio holds
// although the machine's speed drifts. It prints ratios of one run, and the peak memory of jail's two processes. Absolute
// times are printed beside them and mean nothing on another machine.
//
//	go run ./bench [-n RUNS] [-binds 0,10,50,100,300] [-only network|terminal]
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

func main() {
	runs := flag.Int("n", 30, "counted runs of each command")
	counts := flag.String("binds", "0,10,50,100,300", "numbers of extra bind mounts")
	only := flag.String("only", "", "run one part alone: network or terminal")
	flag.Parse()
	if err := bench(*runs, *counts, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(runs int, counts, only string) error {
	box, err := newSandbox()
	if err != nil {
		return err
	}
	defer box.remove()
	switch only {
	case "":
	case "network":
		return networkCosts(box, runs)
	case "terminal":
		return terminalCosts(box, runs)
	default:
		return fmt.Errorf("-only: there is no part %q", only)
	}
	bwrap, err := exec.LookPath("bwrap")
	if err != nil {
		fmt.Println("bubblewrap is not installed: skipped, jail alone is timed (apt-get install bubblewrap)")
	}
	fmt.Printf("%-8s %12s %12s %8s   median of %d runs in turn, as uid %d\n", "binds", "jail", "bwrap", "ratio", runs, box.uid)
	for _, text := range strings.Split(counts, ",") {
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("-binds: %w", err)
		}
		if err := compare(box, bwrap, n, runs); err != nil {
			return err
		}
	}
	start, err := median(runs, whole(func() *exec.Cmd { return box.command(box.jail, "--version") }))
	if err != nil {
		return err
	}
	fmt.Printf("one process of jail that does nothing: %s\n", round(start))
	doctor, err := median(5, whole(func() *exec.Cmd { return box.command(box.jail, "doctor") }))
	if err != nil {
		return err
	}
	fmt.Printf("jail doctor: %s\n", round(doctor))
	if err := policy(box, runs); err != nil {
		return err
	}
	if err := costs(box, runs); err != nil {
		return err
	}
	if err := networkCosts(box, runs); err != nil {
		return err
	}
	if err := terminalCosts(box, runs); err != nil {
		return err
	}
	if err := creates(box); err != nil {
		return err
	}
	if err := looks(box, runs); err != nil {
		return err
	}
	return peakMemory(box)
}

// compare times both programs with n extra binds and prints one line.
func compare(box *sandbox, bwrap string, n, runs int) error {
	binds, err := box.folders(n)
	if err != nil {
		return err
	}
	args := []string{"run"}
	for _, dir := range binds {
		args = append(args, "--map", dir)
	}
	ours := whole(func() *exec.Cmd { return box.command(box.jail, append(args, "--", "true")...) })
	if bwrap == "" {
		own, err := median(runs, ours)
		fmt.Printf("%-8d %12s\n", n, round(own))
		return err
	}
	plan, err := box.plan(append(args, "--", "true"))
	if err != nil {
		return err
	}
	theirs := whole(func() *exec.Cmd { return box.command(bwrap, append(plan.bwrapArgs(), "true")...) })
	m, err := inTurn(runs, ours, theirs)
	if err != nil {
		return err
	}
	fmt.Printf("%-8d %12s %12s %8.2f\n", n, round(m.a), round(m.b), m.ratio)
	return nil
}
