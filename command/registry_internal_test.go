package command

import (
	"net"
	"testing"
)

// TestWhoNeedsKeys checks who needs a key where nothing was said, and where something was.
func TestWhoNeedsKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		said       authSetting
		isEmbedded bool
		address    string
		want       bool
	}{
		{"", true, "127.0.0.1", false},
		{"", true, "::1", false},
		{"", true, "0.0.0.0", true},
		{"", true, "192.0.2.1", true},
		{"", false, "127.0.0.1", true},
		{"", false, "0.0.0.0", true},
		{authOff, false, "0.0.0.0", false},
		{authOff, true, "127.0.0.1", false},
		{authRequired, true, "127.0.0.1", true},
		{authRequired, false, "192.0.2.1", true},
	} {
		listening := &net.TCPAddr{IP: net.ParseIP(test.address)}
		if got := test.said.required(test.isEmbedded, listening); got != test.want {
			t.Errorf("%q, embedded %v, %s: required %v, want %v", test.said, test.isEmbedded, test.address, got, test.want)
		}
	}
}
