//go:build unix

package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	// defaultPort is part of the socket's name; no port is opened.
	defaultPort = 5432
	// superuser is the role that made the cluster; application is the one the program works as, and its database.
	superuser, application = "postgres", "corpintel"
	// configName is the file of the server's settings in the data folder.
	configName = "corpintel.conf"
)

// Cluster is a data folder with what it takes to run a server on it.
type Cluster struct {
	programs Programs
	account  Account
	data     string // absolute path
	sockets  string // absolute path of the folder of the server's socket
	port     int    // of the socket's name
}

// NewCluster returns the cluster of a data folder, an absolute path of which all but the last element exists.
// It makes the folder of the server's socket where that cannot be the data folder.
func NewCluster(programs Programs, account Account, data string) (*Cluster, error) {
	sockets, err := socketFolder(account, data, socketName(defaultPort))
	if err != nil {
		return nil, err
	}
	return &Cluster{programs: programs, account: account, data: data, sockets: sockets, port: defaultPort}, nil
}

// Init makes the data folder unless it is there, and reports whether it did. The folder is there as a whole or not at
// all, whatever interrupts the making. Its files are not flushed to disk; FlushCommand does that.
func (c *Cluster) Init(ctx context.Context) (made bool, err error) {
	major, err := dataMajor(c.data)
	if err != nil || major != 0 {
		return false, err
	}
	staging := c.data + ".new"
	// C.UTF-8 knows the letters of all languages and orders by bytes, so an order is the same everywhere; where the
	// system has no such locale, C does without the letters.
	for _, locale := range []string{"C.UTF-8", "C"} {
		if err = c.initIn(ctx, staging, locale); err == nil {
			err = os.Rename(staging, c.data)
			return err == nil, err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return false, errors.Join(err, os.RemoveAll(staging))
}

// initIn runs initdb in a folder that is emptied before.
func (c *Cluster) initIn(ctx context.Context, folder, locale string) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	if err := c.account.MakeDir(folder); err != nil {
		return err
	}
	// No host may log in even if somebody opens a port; whoever can reach the socket may.
	cmd := c.command(ctx, "initdb", "--pgdata="+folder, "--no-sync", "--username="+superuser, "--encoding=UTF8",
		"--locale="+locale, "--auth-local=trust", "--auth-host=reject")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return nil
}

// dataMajor returns the major version of PostgreSQL that wrote a data folder, 0 if the folder is absent or empty.
func dataMajor(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			return 0, fmt.Errorf("version of the data folder %s: %w", data, err)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	entries, err := os.ReadDir(data)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if len(entries) > 0 {
		return 0, fmt.Errorf("the folder %s holds something else than the data of PostgreSQL", data)
	}
	return 0, nil
}

// Configure writes the server's settings; those in other are added to, or replace, the usual ones.
func (c *Cluster) Configure(other map[string]string) error {
	settings := serverSettings(machineMemory())
	// The setting is a list of names in which a quoted one may hold anything.
	settings["unix_socket_directories"] = `"` + strings.ReplaceAll(c.sockets, `"`, `""`) + `"`
	maps.Copy(settings, other)
	path := filepath.Join(c.data, configName)
	if err := os.WriteFile(path, []byte(settingsFile(settings)), 0o600); err != nil {
		return err
	}
	return c.account.Own(path)
}

// ServerCommand returns the command that runs the server in the foreground. ctx does not end the server.
func (c *Cluster) ServerCommand(ctx context.Context) *exec.Cmd {
	return c.command(context.WithoutCancel(ctx), "postgres", "-D", c.data, "-c", c.configArgument())
}

// configArgument returns the argument that names the file of the settings. It tells a server of ours from others.
func (c *Cluster) configArgument() string { return "config_file=" + filepath.Join(c.data, configName) }

// FlushCommand returns the command that writes the files of the data folder through to the disk.
func (c *Cluster) FlushCommand(ctx context.Context) *exec.Cmd {
	return c.command(ctx, "initdb", "--pgdata="+c.data, "--sync-only")
}

// command returns a command of PostgreSQL, to be run as the account and without the user's settings for PostgreSQL.
func (c *Cluster) command(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.programs.path(name), arguments...)
	cmd.Dir = "/" // the account may not be allowed where the program stands
	cmd.Env = append(slices.DeleteFunc(os.Environ(), ofPostgres), "LC_ALL=C")
	cmd.SysProcAttr = c.account.Attributes()
	return cmd
}

// ofPostgres reports whether an environment entry would change what the server's programs do or say.
func ofPostgres(entry string) bool {
	return strings.HasPrefix(entry, "PG") || strings.HasPrefix(entry, "LC_") || strings.HasPrefix(entry, "LANG")
}

// URL returns the URL of a database for the role the program works as.
func (c *Cluster) URL(database string) string {
	return socketURL(c.sockets, c.port, application, database)
}

// SuperuserURL returns the URL of a database for the role that may do everything.
func (c *Cluster) SuperuserURL(database string) string {
	return socketURL(c.sockets, c.port, superuser, database)
}

// socketURL returns a database URL for a server that listens in a folder. It can be given to psql as well.
func socketURL(folder string, port int, role, database string) string {
	where := url.Values{"host": {folder}, "port": {strconv.Itoa(port)}}.Encode()
	return (&url.URL{
		Scheme:   "postgres",
		User:     url.User(role),
		Path:     "/" + database,
		RawQuery: strings.NewReplacer("%2F", "/", "+", "%20").Replace(where),
	}).String()
}
