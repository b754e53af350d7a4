//go:build unix

package embedded

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldestMajor is the first major version of PostgreSQL the schema works on.
const oldestMajor = 15

// configWait and versionWait bound the programs that are run to find PostgreSQL. The first is short, so that the search
// ends soon where there is none; the second must do for a large program on a cold disk.
const configWait, versionWait = 500 * time.Millisecond, 10 * time.Second

// Programs are the server's programs.
type Programs struct {
	Dir     string // absolute folder that holds postgres and initdb
	Version string // "15.18"
	Major   int    // 15
}

// path returns the path of a program.
func (p Programs) path(name string) string { return filepath.Join(p.Dir, name) }

// Search says where to look for PostgreSQL.
type Search struct {
	BinDir string // folder to take; nothing else is looked at when it is set
	Path   string // list of folders as in $PATH
	Globs  []string
}

// InstalledPrograms returns a search of $PATH (given as path) and of the places packages install PostgreSQL to.
func InstalledPrograms(path string) Search {
	return Search{Path: path, Globs: []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // packages of postgresql.org for Red Hat and SUSE
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}}
}

// Find returns the first programs the account can run in the order BinDir, Path, pg_config of Path, Globs by highest number.
// With major other than 0 it returns the first of that version, and ErrVersion if there are only others.
// Errors: ErrNoPostgres, ErrVersion.
func (s Search) Find(ctx context.Context, account Account, major int) (Programs, error) {
	if s.BinDir != "" {
		return s.findSet(ctx, account, major)
	}
	var other Programs
	var faults []string
	for _, place := range s.places(ctx) {
		programs, err := inspect(ctx, account, place)
		switch {
		case err != nil:
			faults = append(faults, err.Error())
		case major == 0 || programs.Major == major:
			return programs, nil
		case other.Dir == "":
			other = programs
		}
	}
	if other.Dir != "" {
		return Programs{}, versionError(other, major)
	}
	return Programs{}, s.notFound(faults)
}

// findSet looks at the folder of the setting alone.
func (s Search) findSet(ctx context.Context, account Account, major int) (Programs, error) {
	dir, err := filepath.Abs(s.BinDir)
	if err != nil {
		return Programs{}, fmt.Errorf("CORPINTEL_POSTGRES_BIN: %w", err)
	}
	programs, err := inspect(ctx, account, dir)
	if err != nil {
		return Programs{}, fmt.Errorf("%w: CORPINTEL_POSTGRES_BIN: %w", ErrNoPostgres, err)
	}
	if major != 0 && programs.Major != major {
		return Programs{}, versionError(programs, major)
	}
	return programs, nil
}

func versionError(programs Programs, major int) error {
	return fmt.Errorf("%w: the data is of PostgreSQL %d, the programs in %s are %s: "+
		"install PostgreSQL %d, or dump the data with it and load it into another folder",
		ErrVersion, major, programs.Dir, programs.Version, major)
}

func (s Search) notFound(faults []string) error {
	looked := slices.Concat([]string{"PATH", "pg_config --bindir"}, s.Globs)
	var but string
	if len(faults) > 0 {
		but = " (" + strings.Join(faults, "; ") + ")"
	}
	return fmt.Errorf("%w: looked in %s%s. "+
		"Install PostgreSQL %d or later (apt install postgresql, brew install postgresql), "+
		"set CORPINTEL_POSTGRES_BIN to the folder that holds postgres and initdb, "+
		"or set DATABASE_URL to a server that runs",
		ErrNoPostgres, strings.Join(looked, ", "), but, oldestMajor)
}

// places returns the folders that may hold the programs, best first, each once.
func (s Search) places(ctx context.Context) []string {
	var places []string
	add := func(dir string) {
		if dir != "" && !slices.Contains(places, dir) {
			places = append(places, dir)
		}
	}
	path := slices.DeleteFunc(filepath.SplitList(s.Path), func(dir string) bool { return !filepath.IsAbs(dir) })
	for _, dir := range path {
		if postgres := filepath.Join(dir, "postgres"); executable(postgres) == nil {
			// A link may stand there alone; the other programs are where it leads.
			add(resolvedDir(postgres))
			add(dir)
		}
	}
	for _, dir := range path {
		if config := filepath.Join(dir, "pg_config"); executable(config) == nil {
			add(ask(ctx, configWait, config, "--bindir"))
			break
		}
	}
	for _, glob := range s.Globs {
		dirs, _ := filepath.Glob(glob) // the only error is that of the constant pattern
		slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		for _, dir := range dirs {
			add(dir)
		}
	}
	return places
}

// resolvedDir returns the folder a program stands in when links are followed, empty if they lead nowhere.
func resolvedDir(program string) string {
	resolved, err := filepath.EvalSymlinks(program)
	if err != nil {
		return ""
	}
	return filepath.Dir(resolved)
}

var digits = regexp.MustCompile(`[0-9]+(\.[0-9]+)?`)

// number returns the last number in a path, 0 if it has none.
func number(path string) float64 {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.ParseFloat(all[len(all)-1], 64) // the pattern admits only numbers
	return n
}

// inspect returns the programs in a folder, or why they cannot be used.
func inspect(ctx context.Context, account Account, dir string) (Programs, error) {
	programs := Programs{Dir: dir}
	for _, name := range []string{"postgres", "initdb"} {
		if err := executable(programs.path(name)); err != nil {
			return Programs{}, err
		}
	}
	if err := account.enter(dir); err != nil {
		return Programs{}, err
	}
	// "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "postgres (PostgreSQL) 19beta1"
	said := ask(ctx, versionWait, programs.path("postgres"), "--version")
	_, after, _ := strings.Cut(said, "(PostgreSQL) ")
	programs.Version, _, _ = strings.Cut(after, " ")
	programs.Major, _ = strconv.Atoi(leadingDigits(programs.Version)) // zero says unknown
	if programs.Major == 0 {
		return Programs{}, fmt.Errorf("%s --version did not tell a version", programs.path("postgres"))
	}
	if programs.Major < oldestMajor {
		return Programs{}, fmt.Errorf("%s has PostgreSQL %s, needed is %d", dir, programs.Version, oldestMajor)
	}
	return programs, nil
}

func leadingDigits(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}

// executable says why a path is no program, nil if it is one.
func executable(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s is not executable", path)
	}
	return nil
}

// ask returns what a program prints in one line, empty if it fails or takes too long.
func ask(ctx context.Context, wait time.Duration, program, argument string) string {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, argument)
	cmd.WaitDelay = 100 * time.Millisecond // a child of a script may hold the pipe open
	out, err := cmd.Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
