package jail

// Kept is what of a run outlives it. The caller of Run carries it out around the run; nothing of it travels to init.
type Kept struct {
	Layers      []KeptLayer  `json:"layers,omitempty"`  // of the overlays, each to be made before the run and used by no other meanwhile
	Review      string       `json:"review,omitempty"`  // the folder of an owner of its own, for the layer of the project
	Browser     string       `json:"browser,omitempty"` // a browser's folder, one run's at a time, with one named BrowserState in it that the jail sees
	Empty       string       `json:"empty,omitempty"`   // an empty folder to be made, for overlays of what the host has not
	Home        KeptHome     `json:"home"`
	Credentials []Credential `json:"credentials,omitempty"`
}

// BrowserState is what lies in the folder of a browser beside its lock.
const BrowserState = "state"

// Any reports whether there is anything to do around the run.
func (k Kept) Any() bool { return len(k.Layers) > 0 || k.Home.Dir != "" }

// Purpose says why a layer is kept.
type Purpose string

const (
	KeptMap   Purpose = "map"   // the user asked for an overlay
	KeptState Purpose = "state" // an agent's own folder
	KeptCache Purpose = "cache" // a toolchain's downloads and builds
	// KeptReview is the project itself. Its layer lies in the one slot of Kept.Review.
	KeptReview Purpose = "review"
)

// KeptLayer is where what is written to an overlay goes.
type KeptLayer struct {
	Dir     string  `json:"dir"`    // the Layer of the mount
	Host    string  `json:"host"`   // the folder of the host that it changes
	Target  string  `json:"target"` // where the jail sees it
	Purpose Purpose `json:"purpose"`
}

// KeptHome is a home directory that lies on the host's disk.
type KeptHome struct {
	Dir      string  `json:"dir,omitempty"`      // where; empty where the home lies in memory
	Vanishes bool    `json:"vanishes,omitempty"` // all but the seeds is removed before the run and after it
	Seeds    []Seed  `json:"seeds,omitempty"`
	Places   []Place `json:"places,omitempty"`
}

// Seed is a file of the home that begins as a copy of the host's and is the jail's own from then on.
type Seed struct {
	Host   string `json:"host"`
	Name   string `json:"name"`   // beneath the home
	Target string `json:"target"` // where the jail sees it
}

// PlaceKind says what may stand at a place before the mounts are made.
type PlaceKind string

const (
	PlaceFree   PlaceKind = "free"   // nothing: something is made there
	PlaceFile   PlaceKind = "file"   // a file or nothing: something is mounted on it
	PlaceFolder PlaceKind = "folder" // a folder or nothing
)

// Place is a path beneath a home at which something else of the plan stands.
type Place struct {
	Path string    `json:"path"`
	Kind PlaceKind `json:"kind"`
}

// Credential is a file by which an agent is logged in. What the agent has renewed of its login in the jail comes into the host's.
type Credential struct {
	Host string `json:"host"` // the file on the host, which exists and is no link
	Dir  string `json:"dir"`  // the folder of the host that the jail writes to
	Path string `json:"path"` // beneath Dir
	// Values are those of the file that make a login, as layers.Credential has them. No others reach the host.
	Values []string `json:"values"`
}
