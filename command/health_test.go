package command_test

import (
	"regexp"
	"testing"

	"github.com/corpintel/corpintel/store/storetest"
)

// TestHealth asks a server that is well, one that is none, and one that has ended.
func TestHealth(t *testing.T) {
	t.Parallel()
	server := serve(t, openTo(storetest.New(t)))
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"ready":     {[]string{"--admin", server.health}, 0, "ready\n"},
		"live":      {[]string{"--admin", server.health, "--live"}, 0, "alive\n"},
		"not ours":  {[]string{"--admin", server.base}, 1, "health: 404"},
		"malformed": {[]string{"--admin", "127.0.0.1"}, 1, "--admin: want a URL"},
	} {
		code, stdout, stderr := run(t, nil, append([]string{"health"}, test.args...)...)
		if code != test.code {
			t.Errorf("%s: exit code %d", name, code)
		}
		wantContains(t, stdout+stderr, test.want)
	}
	server.interrupt()
	if code := server.wait(t); code != 0 {
		t.Fatalf("the server ends with %d:\n%s", code, server.stderr)
	}
	if code, _, stderr := run(t, nil, "health", "--admin", server.health); code != 1 {
		t.Errorf("a server that has ended is well: %s", stderr)
	}
}

// TestVersion asks which program it is.
func TestVersion(t *testing.T) {
	t.Parallel()
	got := mustRun(t, nil, "--version")
	if !regexp.MustCompile(`^corpintel \S+ \(go1\.\d+\S*\)\n$`).MatchString(got) {
		t.Errorf("%q", got)
	}
}
