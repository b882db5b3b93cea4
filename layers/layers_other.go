//go:build !linux

package layers

import "context"

// Make refuses: there are no overlays here.
func Make(string, Note) error { return ErrUnsupported }

// Changes refuses: there are no overlays here.
func (l Layer) Changes() ([]Change, error) { return nil, ErrUnsupported }

// Texts refuses: there are no overlays here.
func (l Layer) Texts(Change) (host, jail []byte, err error) { return nil, nil, ErrUnsupported }

// Apply refuses: there are no overlays here.
func (l Layer) Apply(context.Context, Taking) ([]Problem, error) { return nil, ErrUnsupported }

// Problems refuses: there are no overlays here.
func (l Layer) Problems(context.Context, Taking) ([]Problem, error) { return nil, ErrUnsupported }

// Drop refuses: there are no overlays here.
func (l Layer) Drop() error { return ErrUnsupported }

// Discard refuses: there are no overlays here.
func (l Layer) Discard(Selection) error { return ErrUnsupported }

// Home is a home directory on the host's disk.
type Home struct{ Dir string }

// Make refuses: there are no overlays here.
func (Home) Make() error { return ErrUnsupported }

// Lock refuses: there are no overlays here.
func (Home) Lock() (release func(), err error) { return nil, ErrUnsupported }

// Plant refuses: there are no overlays here.
func (Home) Plant(Note) (late bool, err error) { return false, ErrUnsupported }

// Clear refuses: there are no overlays here.
func (Home) Clear(name, may string) error { return ErrUnsupported }

// Vanish refuses: there are no overlays here.
func (Home) Vanish(Selection) error { return ErrUnsupported }

// WriteBack refuses: there are no overlays here.
func (c Credential) WriteBack(string) (bool, error) { return false, ErrUnsupported }

// Settle refuses: there are no overlays here.
func (c Credential) Settle(string) error { return ErrUnsupported }

// Watch has nothing to watch here.
func Watch(context.Context, []Credential, string) {}

func removeAll(string) error { return ErrUnsupported }
