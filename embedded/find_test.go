//go:build unix

package embedded

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFind(t *testing.T) {
	t.Parallel()
	root := openDir(t)
	// A machine with several installations.
	install(t, root+"/lib/9.6/bin", "9.6.24")
	install(t, root+"/lib/14/bin", "14.1")
	install(t, root+"/lib/15/bin", "15.18 (Debian 15.18-0+deb12u1)")
	install(t, root+"/lib/16/bin", "16.2")
	install(t, root+"/config/bin", "17.0")
	install(t, root+"/beta/bin", "19beta1")
	program(t, root+"/withconfig/pg_config", "echo "+root+"/config/bin")
	program(t, root+"/badconfig/pg_config", "exit 1")
	program(t, root+"/alone/postgres", "echo 'postgres (PostgreSQL) 16.2'")
	program(t, root+"/broken/postgres", "exit 1")
	program(t, root+"/broken/initdb", "exit 1")
	link(t, root+"/lib/15/bin/postgres", root+"/links/postgres")
	link(t, root+"/lib/15/bin/postgres", root+"/alllinks/postgres")
	link(t, root+"/lib/16/bin/initdb", root+"/alllinks/initdb")
	link(t, root+"/nowhere", root+"/dangling/postgres")

	all := []string{root + "/lib/*/bin"}
	tests := []struct {
		name    string
		search  Search
		major   int
		dir     string // under root
		version string
		err     error
		says    string
	}{
		{name: "setting", search: Search{BinDir: root + "/beta/bin", Path: root + "/links", Globs: all}, dir: "/beta/bin", version: "19beta1"},
		{name: "setting without programs", search: Search{BinDir: root + "/empty", Globs: all}, err: ErrNoPostgres, says: "CORPINTEL_POSTGRES_BIN"},
		{name: "setting too old", search: Search{BinDir: root + "/lib/14/bin", Globs: all}, err: ErrNoPostgres, says: "14.1"},
		{name: "setting of another version", search: Search{BinDir: root + "/lib/16/bin", Globs: all}, major: 15, err: ErrVersion, says: "16.2"},
		{name: "folder of PATH", search: Search{Path: root + "/none:" + root + "/lib/15/bin", Globs: all}, dir: "/lib/15/bin", version: "15.18"},
		{name: "link alone in PATH", search: Search{Path: root + "/links", Globs: all}, dir: "/lib/15/bin", version: "15.18"},
		{name: "links in PATH", search: Search{Path: root + "/alllinks"}, dir: "/lib/15/bin", version: "15.18"},
		{name: "program alone in PATH", search: Search{Path: root + "/alone", Globs: all}, dir: "/lib/16/bin", version: "16.2"},
		{name: "dangling link in PATH", search: Search{Path: root + "/dangling", Globs: all}, dir: "/lib/16/bin", version: "16.2"},
		{name: "second folder of PATH", search: Search{Path: root + "/alone:" + root + "/lib/15/bin"}, dir: "/lib/15/bin", version: "15.18"},
		{name: "relative folder of PATH", search: Search{Path: ".::bin"}, err: ErrNoPostgres, says: "PATH"},
		{name: "program that fails", search: Search{Path: root + "/broken", Globs: all}, dir: "/lib/16/bin", version: "16.2"},
		{name: "pg_config before the usual places", search: Search{Path: root + "/withconfig", Globs: all}, dir: "/config/bin", version: "17.0"},
		{name: "pg_config that fails", search: Search{Path: root + "/badconfig", Globs: all}, dir: "/lib/16/bin", version: "16.2"},
		{name: "highest number", search: Search{Globs: all}, dir: "/lib/16/bin", version: "16.2"},
		{name: "version of the data", search: Search{Path: root + "/lib/16/bin", Globs: all}, major: 15, dir: "/lib/15/bin", version: "15.18"},
		{name: "no version of the data", search: Search{Globs: all}, major: 18, err: ErrVersion, says: "PostgreSQL 18"},
		{name: "too old only", search: Search{Globs: []string{root + "/lib/9.6/bin"}}, err: ErrNoPostgres, says: "9.6.24"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			account, err := AccountFor("")
			if err != nil {
				t.Fatal(err)
			}
			got, err := test.search.Find(t.Context(), account, test.major)
			if !errors.Is(err, test.err) || test.err != nil && !strings.Contains(err.Error(), test.says) {
				t.Fatalf("error %v, want %v with %q", err, test.err, test.says)
			}
			if err == nil && (got.Dir != root+test.dir || got.Version != test.version) {
				t.Errorf("found %+v, want version %s in %s", got, test.version, root+test.dir)
			}
		})
	}
}

func TestNothingFound(t *testing.T) {
	t.Parallel()
	search := InstalledPrograms(t.TempDir())
	for i := range search.Globs {
		search.Globs[i] = t.TempDir() + search.Globs[i]
	}
	begun := time.Now()
	_, err := search.Find(t.Context(), Account{}, 0)
	if took := time.Since(begun); took > time.Second {
		t.Errorf("took %v", took)
	}
	if !errors.Is(err, ErrNoPostgres) {
		t.Fatalf("error %v, want ErrNoPostgres", err)
	}
	for _, want := range []string{
		"PATH", "pg_config", "/usr/lib/postgresql/*/bin", "homebrew", "Postgres.app",
		"apt install postgresql", "CORPINTEL_POSTGRES_BIN", "DATABASE_URL",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
}

// TestSlowConfig does not wait for a pg_config that hangs.
func TestSlowConfig(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	program(t, dir+"/pg_config", "sleep 5")
	begun := time.Now()
	_, err := Search{Path: dir}.Find(t.Context(), Account{}, 0)
	if took := time.Since(begun); !errors.Is(err, ErrNoPostgres) || took > time.Second {
		t.Errorf("error %v after %v, want ErrNoPostgres within a second", err, took)
	}
}

// openDir returns a folder that everybody may enter.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // see above
			t.Fatal(err)
		}
	}
	return dir
}

// install puts programs that tell a version into a folder.
func install(t *testing.T, dir, version string) {
	t.Helper()
	for _, name := range []string{"postgres", "initdb"} {
		program(t, filepath.Join(dir, name), "echo '"+name+" (PostgreSQL) "+version+"'")
	}
}

// program writes a shell script. Another process writes it: a child that a parallel test starts at that moment would
// inherit the open file, and what is open for writing cannot be run.
func program(t *testing.T, path, script string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `mkdir -p "${1%/*}" && printf '#!/bin/sh\n%s\n' "$2" >"$1" && chmod 755 "$1"`, "", path, script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // everybody may enter
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}
