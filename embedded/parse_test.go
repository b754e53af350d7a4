//go:build unix

package embedded

import (
	"errors"
	"math"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// pidFile is the file of a server of PostgreSQL 15 on a socket alone.
const pidFile = "26012\n/var/lib/corpintel/postgres\n1795430000\n5432\n/var/lib/corpintel/postgres\n\n  5242881    131072\nready   \n"

func TestParsePostmaster(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want Postmaster
		err  error
	}{
		{"ready", pidFile, Postmaster{PID: 26012, Port: 5432, Sockets: "/var/lib/corpintel/postgres", Ready: true}, nil},
		{"starting", strings.Replace(pidFile, "ready   ", "starting", 1), Postmaster{PID: 26012, Port: 5432, Sockets: "/var/lib/corpintel/postgres"}, nil},
		{"without a socket", strings.Replace(pidFile, "5432\n/var/lib/corpintel/postgres", "5432\n", 1), Postmaster{PID: 26012, Port: 5432, Ready: true}, nil},
		{"begun", "26012\n/var/lib/corpintel/postgres\n1795430000\n", Postmaster{PID: 26012}, nil},
		{"empty", "", Postmaster{}, errPidFile},
		{"single user", "-26012\n/data\n", Postmaster{}, errPidFile},
		{"init", "1\n/data\n", Postmaster{}, errPidFile},
		{"no port", strings.Replace(pidFile, "5432", "none", 1), Postmaster{}, errPidFile},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := parsePostmaster(test.text)
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParsePostmaster(f *testing.F) {
	f.Add(pidFile)
	f.Add("26012\n")
	f.Add("\n\n\n\n\n\n\n\n")
	f.Add("99999999999999999999\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePostmaster(text)
		if err != nil && (p != Postmaster{}) {
			t.Errorf("%+v with error %v", p, err)
		}
		if err == nil && p.PID <= 1 {
			t.Errorf("process id %d", p.PID) // a signal to it would reach init, or everybody
		}
	})
}

func TestTotalMemory(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{
		"MemTotal:       24684092 kB\nMemFree: 1 kB\n": 24684092 << 10,
		"MemFree: 5 kB\nMemTotal: 1024 kB\n":           1 << 20,
		"MemTotal:\n":                                  7,
		"MemTotal: much kB\n":                          7,
		"":                                             7,
	} {
		if got := totalMemory(text, 7); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestMemorySettingsAreBounded(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int64]string{0: "128MB", 2 * gib: "256MB", math.MaxInt64: "1024MB"} {
		if got := serverSettings(memory)["shared_buffers"]; got != want {
			t.Errorf("shared_buffers with %d bytes of memory: %s, want %s", memory, got, want)
		}
	}
}

func TestSettingsFileQuotes(t *testing.T) {
	t.Parallel()
	text := settingsFile(map[string]string{"b": `it's a \ path`, "a": ""})
	_, got, _ := strings.Cut(text, "include 'postgresql.conf'\n")
	if want := "a = ''\nb = 'it''s a \\\\ path'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSocketURL(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"/var/lib/corpintel/postgres", `/home/jörg & co/a b+c%20"'?#=;@:\`} {
		text := socketURL(folder, 5433, "role", "base")
		if _, err := url.Parse(text); err != nil {
			t.Error(err)
		}
		config, err := pgx.ParseConfig(text)
		if err != nil {
			t.Fatal(err)
		}
		got := []any{config.Host, int(config.Port), config.User, config.Database}
		if diff := cmp.Diff([]any{folder, 5433, "role", "base"}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestDefaultDir(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		got, err := DefaultDir(func(string) string { return "/root" })
		if err != nil || got != "/var/lib/corpintel" {
			t.Errorf("of root: %s, %v", got, err)
		}
		return
	}
	tests := []struct {
		name string
		env  map[string]string
		want string
	}{
		{"XDG", map[string]string{"XDG_DATA_HOME": "/data", "HOME": "/home/me"}, "/data/corpintel"},
		{"home", map[string]string{"HOME": "/home/me"}, "/home/me/.local/share/corpintel"},
		{"relative XDG", map[string]string{"XDG_DATA_HOME": "data", "HOME": "/home/me"}, "/home/me/.local/share/corpintel"},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := DefaultDir(func(name string) string { return test.env[name] })
			if got != test.want || (err == nil) != (test.want != "") {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestEnter(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root drops to another account")
	}
	account, err := AccountFor("")
	if err != nil {
		t.Fatal(err)
	}
	open := openDir(t)
	for _, folder := range []string{"/closed", "/own", "/group"} {
		if err := os.Mkdir(open+folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(
		account.Own(open+"/own"),
		os.Chown(open+"/group", 0, account.gid), os.Chmod(open+"/group", 0o710), //nolint:gosec // tested
		os.Symlink(open+"/closed", open+"/link"), os.Mkdir(open+"/closed/below", 0o777), //nolint:gosec // tested
	); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]string{
		"": "", "/own": "", "/group": "", "/absent/as/well": "",
		"/closed": "/closed (mode 0700", "/closed/below": "/closed (mode 0700", "/closed/absent": "/closed (mode 0700", "/link": "/closed (mode 0700",
	} {
		err := account.enter(open + folder)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", folder, err, want)
		}
	}
}
