//go:build !linux

package git

import "context"

// Watch waits for the end of the context: jails run on Linux only.
func (p Private) Watch(ctx context.Context, _, _ func()) { <-ctx.Done() }
