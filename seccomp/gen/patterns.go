//go:build seccompgen && linux && amd64

package main

import "jail/seccomp"

// patterns are what meets the condition: each value that does fits at least one of them.
func patterns(c seccomp.Condition) []seccomp.Bits {
	if c.Op == seccomp.In {
		return c.Bits
	}
	return others(c.Bits, seccomp.Bits{}, 31)
}

// others are patterns for all values that begin as the given pattern, which is decided above the bit, and that fit none of the
// excluded, all of which begin as it too. It halves the values at each bit that the excluded ask for.
func others(excluded []seccomp.Bits, begin seccomp.Bits, bit int) []seccomp.Bits {
	if len(excluded) == 0 {
		return []seccomp.Bits{begin}
	}
	asked := false
	for _, e := range excluded {
		if e.Mask&(1<<(bit+1)-1) == 0 {
			return nil // it fits all values that are left
		}
		asked = asked || e.Mask>>bit&1 == 1
	}
	if !asked {
		return others(excluded, begin, bit-1)
	}
	var found []seccomp.Bits
	for half := range uint32(2) {
		var kept []seccomp.Bits
		for _, e := range excluded {
			if e.Mask>>bit&1 == 0 || e.Value>>bit&1 == half {
				kept = append(kept, e)
			}
		}
		found = append(found, others(kept, seccomp.Bits{Mask: begin.Mask | 1<<bit, Value: begin.Value | half<<bit}, bit-1)...)
	}
	return found
}
