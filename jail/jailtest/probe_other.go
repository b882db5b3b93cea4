//go:build !linux && !darwin

package jailtest

import "errors"

func probe(Feature) error { return errors.New("only Linux has it") }
