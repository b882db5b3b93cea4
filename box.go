package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"jail/git"
	"jail/jail"
	"jail/mounts"
	"jail/plan"
)

// newBox makes the place where git reads what a jail wrote: a throw-away jail for each git. Several may run at once.
func newBox(p places) *git.Box {
	host := sync.OnceValue(p.host)
	var planning sync.Mutex // what is known of the host's files is kept, and shared
	return &git.Box{Run: func(ctx context.Context, b git.Boxed) error {
		planning.Lock()
		spec, err := plan.ReadOnly(host(), reading(b))
		planning.Unlock()
		if err != nil {
			return err
		}
		return runBoxed(ctx, spec, b)
	}}
}

func reading(b git.Boxed) plan.Reading {
	r := plan.Reading{Program: b.Program, Args: b.Args, Env: b.Env, Helpers: b.Helpers, Show: b.Show, Keep: b.Keep}
	for _, f := range b.Files {
		r.Mounts = append(r.Mounts, mounts.Mount{Kind: mounts.File, Target: f.Path, Text: f.Text, Why: "made for what is read"})
	}
	for _, path := range b.Blank {
		r.Mounts = append(r.Mounts, mounts.Mount{Kind: mounts.Device, Source: os.DevNull, Target: path, Why: "nobody waits for it"})
	}
	return r
}

// runBoxed runs one git and copies what it says.
func runBoxed(ctx context.Context, spec jail.Spec, b git.Boxed) error {
	stdin, err := pipeFrom(b.Stdin)
	if err != nil {
		return err
	}
	defer stdin.Close()
	var copying sync.WaitGroup
	stdout, err := pipeTo(b.Stdout, &copying)
	if err != nil {
		return err
	}
	stderr, err := pipeTo(b.Stderr, &copying)
	if err != nil {
		stdout.Close()
		return err
	}
	prepared, err := jail.Prepare(spec, jail.Streams{In: stdin, Out: stdout, Err: stderr})
	// The jail has its own: what it says ends with it.
	stdout.Close()
	stderr.Close()
	if err != nil {
		return err
	}
	result, err := prepared.Read(ctx, spec)
	copying.Wait()
	switch {
	case err != nil:
		return fmt.Errorf("cannot look into the jail: %w", err)
	case result.ExitCode() != 0:
		return git.Exit(result.ExitCode())
	}
	return nil
}

// pipeTo gives the write end of a pipe whose content goes to a writer. When that refuses, whoever writes to the pipe ends.
func pipeTo(to io.Writer, copying *sync.WaitGroup) (*os.File, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	copying.Go(func() {
		defer read.Close()
		_, _ = io.Copy(to, read) // the writer keeps its error
	})
	return write, nil
}

// pipeFrom gives the read end of a pipe that a reader's content comes out of, and a file without content for none.
func pipeFrom(from io.Reader) (*os.File, error) {
	if from == nil {
		return os.Open(os.DevNull)
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		defer write.Close()
		_, _ = io.Copy(write, from) // it ends when git does
	}()
	return read, nil
}
