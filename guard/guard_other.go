//go:build !linux

package guard

import "errors"

// Watch watches a folder.
type Watch struct{}

// Start fails: there is no back end for this system.
func Start(Guard) (*Watch, error) { return nil, errors.New("not on this system") }

// End does nothing.
func (*Watch) End() Report { return Report{} }
