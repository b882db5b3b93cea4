package network

import (
	"slices"
	"testing"
)

func TestShared(t *testing.T) {
	p, err := Compile([]string{"*.github.io", "me.github.io", "*.s3.amazonaws.com:443", "*.example.com", "*.core.windows.net", "@npm", "*.xgithub.io"}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Shared(), []string{"*.github.io", "*.s3.amazonaws.com:443", "*.core.windows.net"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
