package jail

// Guard is what of the project is watched while the command runs. The caller of Run does so; nothing of it travels to init.
type Guard struct {
	Dir    string      `json:"dir"`
	Names  []string    `json:"names,omitempty"`  // globs, in small letters: what is made in Dir by one of them is moved aside
	Stands []string    `json:"stands,omitempty"` // what was there before by such a name, and is mounted
	Links  []GuardLink `json:"links,omitempty"`  // and the links
	Hidden []string    `json:"hidden,omitempty"` // files of the host that the jail does not see while nobody replaces them
}

// GuardLink is a symlink of the project that programs on the host obey. The jail can remove it; it is made again.
type GuardLink struct {
	Name string `json:"name"`
	Text string `json:"text"`
}
