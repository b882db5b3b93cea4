package gate

// passTLS lets a connection through whose server name is allowed too.
func (c *connection) passTLS(first []byte) {
	all, reason := c.readTLS(first)
	if reason != "" {
		c.refuse(reason, all)
		return
	}
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	c.splice(to, all)
}

// readTLS reads a client's whole first message, and says why it must not be passed on, if so: a server behind an allowed name may
// serve others.
func (c *connection) readTLS(first []byte) (all []byte, reason string) {
	c.proto = string(speaksTLS)
	said, all, err := readHello(c.client, first)
	c.sni = said.name
	switch {
	case err != nil:
		return all, "bad-client-hello"
	case said.ech:
		return all, "ech"
	case said.name == "" && c.name != "":
		return all, "no-sni"
	case said.name != "" && !c.gate.Policy.Name(said.name, int(c.to.Port())).Allow:
		return all, "sni-not-allowed"
	}
	return all, ""
}
