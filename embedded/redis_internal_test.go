//go:build unix

package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseRedisVersion(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=e08dbad3e06f3fb": 700,
		"Redis server v=6.2.0 sha=00000000:0 malloc=libc bits=64 build=1":                          602,
		"Redis server v=5.0.3 sha=00000000:0 malloc=jemalloc-5.1.0 bits=64 build=9c2b4ee2e0b2b4a7": 500,
		"Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1":               800,
		"Redis server version 2.4.14 (00000000:0)":                                                 0,
		"": 0,
	}
	for said, want := range tests {
		got, err := parseRedisVersion(said)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %d, %v, want %d", said, got, err, want)
		}
	}
}

// TestFindRedis has programs that are no Redis of use before the one that is installed, which is found nevertheless.
func TestFindRedis(t *testing.T) {
	t.Parallel()
	account, err := AccountFor("")
	if err != nil {
		t.Fatal(err)
	}
	folder := func(name, script string) string {
		dir := t.TempDir()
		for _, path := range []string{dir, filepath.Dir(dir)} {
			if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // for the account that root drops to
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil { //nolint:gosec // as above
			t.Fatal(err)
		}
		return dir
	}
	old := folder("redis-server", "echo Redis server v=5.0.3 sha=0")
	broken := folder("redis-server", "exit 1")
	valkey := folder("valkey-server", "echo Valkey server v=8.0.1 sha=0")
	path := strings.Join([]string{"", "relative", "/nowhere", old, broken, valkey}, ":")
	got, err := findRedis(t.Context(), account, path)
	if want := filepath.Join(valkey, "valkey-server"); err != nil || got != want {
		t.Errorf("found %q, %v, want %q", got, err, want)
	}
	if err := checkRedis(t.Context(), account, filepath.Join(old, "redis-server")); err == nil ||
		!strings.Contains(err.Error(), "5.0, older than 6.2") {
		t.Errorf("old: %v", err)
	}
	if err := checkRedis(t.Context(), account, filepath.Join(broken, "redis-server")); err == nil {
		t.Error("a program that fails was taken")
	}
}

// TestRedisErrorNamesThePlaces is what is said where none is installed.
func TestRedisErrorNamesThePlaces(t *testing.T) {
	t.Parallel()
	account, err := AccountFor("")
	if err != nil {
		t.Fatal(err)
	}
	_, err = findRedisIn(t.Context(), account, "/nowhere", "/nowhere/else")
	if !errors.Is(err, ErrNoRedis) || !strings.Contains(err.Error(), "/nowhere/else") {
		t.Errorf("%v", err)
	}
}
