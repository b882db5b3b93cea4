package gate

// passTLS lets a connection through whose server name is allowed too: a server behind an allowed name may serve others.
func (c *connection) passTLS(first []byte) {
	c.proto = "tls"
	said, all, err := readHello(c.client, first)
	c.sni = said.name
	port := int(c.to.Port())
	switch {
	case err != nil:
		c.refuse("bad-client-hello", all)
		return
	case said.ech:
		c.refuse("ech", all)
		return
	case said.name == "" && c.name != "":
		c.refuse("no-sni", all)
		return
	case said.name != "" && !c.gate.Policy.Name(said.name, port).Allow:
		c.refuse("sni-not-allowed", all)
		return
	}
	to, err := c.dial()
	if err != nil {
		c.refuseDial(err)
		return
	}
	c.splice(to, all)
}
