package main

import (
	"github.com/urfave/cli/v2"

	"jail/config"
)

// wordFlag is a flag that can stand alone or have a value: --inherit-env, --inherit-env=all.
type wordFlag[T ~string] struct {
	value      T
	alone, off T // for the flag alone, and for =false
	parse      func(string) (T, error)
}

// IsBoolFlag lets the flag stand alone (package flag).
func (*wordFlag[T]) IsBoolFlag() bool { return true }

// Set takes "true" for the flag alone.
func (f *wordFlag[T]) Set(text string) (err error) {
	switch text {
	case "true":
		text = string(f.alone)
	case "false":
		text = string(f.off)
	}
	f.value, err = f.parse(text)
	return err
}

func (f *wordFlag[T]) String() string { return string(f.value) }

// setWord takes what a wordFlag was given on the command line.
func setWord[T ~string](c *cli.Context, name string, to *T) {
	if flag, ok := c.Generic(name).(*wordFlag[T]); ok && c.IsSet(name) {
		*to = flag.value
	}
}

func inheritFlag() *wordFlag[config.Inherit] {
	return &wordFlag[config.Inherit]{alone: config.InheritFiltered, off: config.InheritNone, parse: config.ParseInherit}
}

func barFlag() *wordFlag[config.StatusBar] {
	return &wordFlag[config.StatusBar]{alone: config.BarPastel, off: config.BarOff, parse: config.ParseStatusBar}
}

func browserFlag() *wordFlag[config.BrowserMode] {
	return &wordFlag[config.BrowserMode]{alone: config.BrowserHard, off: config.BrowserOff, parse: config.ParseBrowser}
}
