//go:build unix

package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/embedded"
)

func TestOtherVersionIsRefused(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	server := start(t, dir)
	version := value(t, server.URL(), "show server_version")
	stop(t, server)
	data := filepath.Join(dir, "postgres")
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := embedded.StartPostgres(t.Context(), embedded.Options{Dir: dir})
	if !errors.Is(err, embedded.ErrVersion) {
		t.Fatalf("StartPostgres: %v, want ErrVersion", err)
	}
	short, _, _ := strings.Cut(version, " ")
	for _, want := range []string{data, "PostgreSQL 9", short} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %q", err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(data, "global", "pg_control")); err != nil {
		t.Errorf("the data was touched: %v", err)
	}
}

func TestForeignFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	photo := filepath.Join(dir, "postgres", "photo.jpg")
	if err := os.Mkdir(filepath.Dir(photo), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(photo, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := embedded.StartPostgres(t.Context(), embedded.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), filepath.Dir(photo)+" holds something else") {
		t.Errorf("StartPostgres: %v, want the folder and that it holds something else", err)
	}
	if _, err := os.Stat(photo); err != nil {
		t.Error(err)
	}
}

func TestClosedParentIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root drops to an account that may be shut out")
	}
	closed := filepath.Join(serverDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "below", "data")
	_, err := embedded.StartPostgres(t.Context(), embedded.Options{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), closed+" (mode 0700") || !strings.Contains(err.Error(), "CORPINTEL_DATA_DIR") {
		t.Errorf("StartPostgres: %v, want the closed folder and the setting", err)
	}
	if _, err := os.Stat(filepath.Dir(dir)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made in vain: %v", err)
	}
}

func TestWrongSettingIsNamed(t *testing.T) {
	t.Parallel()
	_, err := embedded.StartPostgres(t.Context(), embedded.Options{Dir: serverDir(t), BinDir: t.TempDir()})
	if !errors.Is(err, embedded.ErrNoPostgres) || !strings.Contains(err.Error(), "CORPINTEL_POSTGRES_BIN") {
		t.Errorf("StartPostgres: %v, want ErrNoPostgres and the setting", err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(serverDir(t), strings.Repeat("long", 20), strings.Repeat("longer", 10))
	server := start(t, dir)
	if got := value(t, server.URL(), "select 'alive'"); got != "alive" {
		t.Error("no server")
	}
	sockets := strings.Trim(value(t, server.URL(), "show unix_socket_directories"), `"`)
	stop(t, server)
	if _, err := os.Stat(sockets); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of the socket %s is left: %v", sockets, err)
	}
}

func TestOddPath(t *testing.T) {
	t.Parallel()
	server := start(t, filepath.Join(serverDir(t), `it's a "dir", 100% \ ünï#?&, and more`))
	if got := value(t, server.URL(), "select 'alive'"); got != "alive" {
		t.Error("no server")
	}
}

// TestInterruptedInit starts where a first start was killed while it made the data folder.
func TestInterruptedInit(t *testing.T) {
	t.Parallel()
	dir := serverDir(t)
	half := filepath.Join(dir, "postgres.new")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir)
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left: %v", half, err)
	}
}
