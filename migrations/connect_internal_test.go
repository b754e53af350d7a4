package migrations

import (
	"testing"
	"time"
)

// TestConnectTimeout checks that a server that takes a connection and says nothing is not waited for without end.
func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]time.Duration{
		"postgres://user@host/db":                   10 * time.Second,
		"postgres://user@host/db?connect_timeout=3": 3 * time.Second,
		"host=host dbname=db":                       10 * time.Second,
	} {
		config, err := configOf(url)
		if err != nil {
			t.Fatal(err)
		}
		if config.ConnectTimeout != want {
			t.Errorf("%s: %v, want %v", url, config.ConnectTimeout, want)
		}
	}
}
