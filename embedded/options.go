package embedded

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNoPostgres means that no usable PostgreSQL is installed. The message names the places looked in and the ways out.
var ErrNoPostgres = errors.New("no PostgreSQL found")

// ErrVersion means that the data was written by another major version than the programs are of.
var ErrVersion = errors.New("data folder of another PostgreSQL version")

// Options says where and how to run a server.
type Options struct {
	// Dir is the folder for data, log and lock; it is made when it is not there.
	Dir string
	// BinDir is the folder that holds postgres and initdb. When it is empty they are searched.
	BinDir string
	// Logger is told of starts, stops and unexpected ends; nil discards.
	Logger *slog.Logger
}

// logger returns the logger to use.
func (o Options) logger() *slog.Logger {
	if o.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Logger
}

// DefaultDir returns the folder for the servers of the user who runs the program: corpintel in $XDG_DATA_HOME or
// ~/.local/share, for root /var/lib/corpintel, because the account that root drops to cannot enter root's home.
// getenv is os.Getenv or stands in for it.
func DefaultDir(getenv func(string) string) (string, error) {
	if runtime.GOOS != "windows" && os.Geteuid() == 0 {
		return "/var/lib/corpintel", nil
	}
	if data := getenv("XDG_DATA_HOME"); filepath.IsAbs(data) {
		return filepath.Join(data, "corpintel"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share", "corpintel"), nil
	}
	return "", errors.New("no folder for the embedded servers: HOME is not set; name one with CORPINTEL_DATA_DIR")
}
