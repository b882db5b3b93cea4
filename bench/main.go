// Bench compares jail with bubblewrap: the start-up time of `true` behind the very same mounts, one after the other in
// turn, so that a ratio holds although the machine's speed drifts. It prints ratios of one run, and the peak memory of
// jail's two processes. Absolute times are printed beside them and mean nothing on another machine.
//
//	go run ./bench [-n RUNS] [-binds 0,10,50,100,300]
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	runs := flag.Int("n", 30, "counted runs of each command")
	counts := flag.String("binds", "0,10,50,100,300", "numbers of extra bind mounts")
	flag.Parse()
	if err := bench(*runs, *counts); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(runs int, counts string) error {
	box, err := newSandbox()
	if err != nil {
		return err
	}
	defer box.remove()
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
	start, err := median(runs, func() *exec.Cmd { return box.command(box.jail, "--version") })
	if err != nil {
		return err
	}
	fmt.Printf("one process of jail that does nothing: %s\n", round(start))
	doctor, err := median(5, func() *exec.Cmd { return box.command(box.jail, "doctor") })
	if err != nil {
		return err
	}
	fmt.Printf("jail doctor: %s\n", round(doctor))
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
	ours := func() *exec.Cmd { return box.command(box.jail, append(args, "--", "true")...) }
	if bwrap == "" {
		own, err := median(runs, ours)
		fmt.Printf("%-8d %12s\n", n, round(own))
		return err
	}
	plan, err := box.plan(append(args, "--", "true"))
	if err != nil {
		return err
	}
	theirs := func() *exec.Cmd { return box.command(bwrap, append(plan.bwrapArgs(), "true")...) }
	own, other, ratio, err := inTurn(runs, ours, theirs)
	if err != nil {
		return err
	}
	fmt.Printf("%-8d %12s %12s %8.2f\n", n, round(own), round(other), ratio)
	return nil
}

// inTurn runs two commands alternately and returns each one's median and the median of the ratios of the pairs.
func inTurn(runs int, a, b func() *exec.Cmd) (ma, mb time.Duration, ratio float64, err error) {
	var as, bs []time.Duration
	var ratios []float64
	for i := range runs + 1 {
		ta, err := clock(a())
		if err != nil {
			return 0, 0, 0, err
		}
		tb, err := clock(b())
		if err != nil {
			return 0, 0, 0, err
		}
		if i == 0 {
			continue // warm-up
		}
		as, bs, ratios = append(as, ta), append(bs, tb), append(ratios, float64(ta)/float64(tb))
	}
	slices.Sort(as)
	slices.Sort(bs)
	slices.Sort(ratios)
	return as[len(as)/2], bs[len(bs)/2], ratios[len(ratios)/2], nil
}

func median(runs int, command func() *exec.Cmd) (time.Duration, error) {
	var times []time.Duration
	for range runs {
		t, err := clock(command())
		if err != nil {
			return 0, err
		}
		times = append(times, t)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// clock times one run from start to end.
func clock(cmd *exec.Cmd) (time.Duration, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, stderr.String())
	}
	return took, nil
}

func round(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
