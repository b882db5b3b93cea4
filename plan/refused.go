package plan

// RefusedError says that something was asked for which this run cannot have.
type RefusedError struct {
	What     string // cannot be had
	Why, Fix string
}

func (e *RefusedError) Error() string { return e.What + ": " + e.Why }

// Hint says what to do about it.
func (e *RefusedError) Hint() string { return e.Fix }
