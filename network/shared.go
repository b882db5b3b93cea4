package network

import (
	"slices"
	"strings"
)

// shared are names below which anybody can put a host of their own.
var shared = []string{
	"amazonaws.com", "azureedge.net", "azurewebsites.net", "blob.core.windows.net", "cloudfront.net", "fastly.net", "firebaseapp.com", "fly.dev",
	"github.io", "gitlab.io", "herokuapp.com", "herokudns.com", "netlify.app", "ngrok-free.app", "ngrok.io", "onrender.com", "pages.dev", "r2.dev",
	"run.app", "storage.googleapis.com", "surge.sh", "trycloudflare.com", "vercel.app", "web.app", "workers.dev",
}

// Shared lists the rules that let everything below a name through where anybody can have a host: whoever asks a program of the jail
// to send something there can be anybody.
func (p *Policy) Shared() []string {
	var found []string
	for _, r := range p.allow {
		if r.below && slices.ContainsFunc(shared, func(name string) bool {
			return name == r.name || strings.HasSuffix(r.name, "."+name) || strings.HasSuffix(name, "."+r.name)
		}) {
			found = append(found, r.Text)
		}
	}
	return found
}
