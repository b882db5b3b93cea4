package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// measure does one thing once and says how long it took.
type measure func() (time.Duration, error)

// whole measures a program from start to end.
func whole(command func() *exec.Cmd) measure {
	return func() (time.Duration, error) {
		start := time.Now()
		_, err := output(command())
		return time.Since(start), err
	}
}

// session is a program that does its work once for each line that it reads, and answers how long it took in nanoseconds:
// neither its start nor a jail's counts.
type session struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Scanner
}

func open(cmd *exec.Cmd) (*session, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &session{cmd, stdin, bufio.NewScanner(stdout)}, cmd.Start()
}

func (s *session) measure() (time.Duration, error) {
	if _, err := io.WriteString(s.stdin, "\n"); err != nil {
		return 0, err
	}
	if !s.answers.Scan() {
		return 0, fmt.Errorf("%s ended: %w", filepath.Base(s.cmd.Path), errors.Join(s.answers.Err(), s.cmd.Wait()))
	}
	ns, err := strconv.ParseInt(s.answers.Text(), 10, 64)
	return time.Duration(ns), err
}

// close ends the program, which ends with its input.
func (s *session) close() error {
	return errors.Join(s.stdin.Close(), s.cmd.Wait())
}

func output(cmd *exec.Cmd) (string, error) {
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, stderr.String())
	}
	return string(out), nil
}

// medians of pairs that were measured one after the other.
type medians struct {
	a, b, difference time.Duration
	ratio            float64
}

// inTurn measures two things alternately.
func inTurn(runs int, a, b measure) (medians, error) {
	var as, bs, differences []time.Duration
	var ratios []float64
	for i := range runs + 1 {
		ta, err := a()
		if err != nil {
			return medians{}, err
		}
		tb, err := b()
		if err != nil {
			return medians{}, err
		}
		if i == 0 {
			continue // warm-up
		}
		as, bs, differences, ratios = append(as, ta), append(bs, tb), append(differences, ta-tb), append(ratios, float64(ta)/float64(tb))
	}
	return medians{middle(as), middle(bs), middle(differences), middle(ratios)}, nil
}

func median(runs int, m measure) (time.Duration, error) {
	var times []time.Duration
	for range runs {
		t, err := m()
		if err != nil {
			return 0, err
		}
		times = append(times, t)
	}
	return middle(times), nil
}

func middle[T time.Duration | float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func round(d time.Duration) string { return fmt.Sprintf("%.1f ms", milliseconds(d)) }
