package jail

// Grade says how a primitive of the kernel was found.
type Grade string

const (
	Works    Grade = "ok"
	Missing  Grade = "missing"  // a jail cannot be built
	Degraded Grade = "degraded" // a jail can be built, with less
)

// Check is one primitive that was tried, not looked up.
type Check struct {
	Name  string `json:"name"`
	Grade Grade  `json:"grade"`
	Found string `json:"found"`         // what was seen
	Fix   string `json:"fix,omitempty"` // what to do where it is not ok
}
