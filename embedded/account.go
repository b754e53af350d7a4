//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Account is the user a server runs as.
type Account struct {
	Name     string
	uid, gid int
	drop     bool // the program is root and must become this user
}

// AccountFor returns the account for a server on a data folder: the user who runs the program, or when that is root the
// owner of the folder if it is there, else postgres, else nobody.
func AccountFor(data string) (Account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return Account{Name: accountName(uid), uid: uid, gid: os.Getegid()}, nil
	}
	if uid, gid, err := owner(data); err == nil && uid != 0 {
		return Account{Name: accountName(uid), uid: uid, gid: gid, drop: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return Account{}, fmt.Errorf("account %s: %w", name, err)
		}
		return Account{Name: name, uid: uid, gid: gid, drop: true}, nil
	}
	return Account{}, errors.New("PostgreSQL does not run as root, " +
		"and there is no account postgres or nobody to run it as: start the program as an ordinary user")
}

// accountName returns the name of a user id, or the id where it has none.
func accountName(uid int) string {
	id := strconv.Itoa(uid)
	if found, err := user.LookupId(id); err == nil {
		return found.Username
	}
	return id
}

// owner returns the user and the group of a file.
func owner(path string) (uid, gid int, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, 0, err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("%s: %w", path, errors.ErrUnsupported)
	}
	return int(stat.Uid), int(stat.Gid), nil
}

// Own gives a file or folder to the account.
func (a Account) Own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// MakeDir makes a folder that only the account may enter. One that is there already must be like that:
// in a folder that everybody may write to, it could be somebody else's.
func (a Account) MakeDir(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil {
		return a.Own(path)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	// Whoever makes it at this moment has not given it away yet.
	for range giveAwayTries {
		if err = a.checkDir(path); err == nil {
			return nil
		}
		time.Sleep(giveAwayPause)
	}
	return err
}

// How long a folder may belong to the one who makes it.
const (
	giveAwayTries = 50
	giveAwayPause = 10 * time.Millisecond
)

func (a Account) checkDir(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	uid, _, err := owner(path)
	if err != nil {
		return err
	}
	if !info.IsDir() || uid != a.uid || info.Mode().Perm() != 0o700 {
		return fmt.Errorf("%s (%v, of %s) is no folder of mode 0700 of %s", path, info.Mode(), accountName(uid), a.Name)
	}
	return nil
}

// Attributes returns what makes a child process run as the account, in a session of its own: the terminal's interrupt
// is for the program, which then stops the server when it is ready to.
func (a Account) Attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setsid: true}
	if a.drop {
		attributes.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)} //nolint:gosec // from the account database
	}
	return attributes
}

// enter returns an error that names the first folder on the way to dir, dir included, which the account may not enter.
// It judges by owner, group and mode, as far as the folders exist.
func (a Account) enter(dir string) error {
	if !a.drop {
		return nil // the error of the file itself says all
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir {
		return a.enter(filepath.Dir(dir))
	}
	if err != nil {
		return err
	}
	return a.enterResolved(resolved)
}

func (a Account) enterResolved(dir string) error {
	if parent := filepath.Dir(dir); parent != dir {
		if err := a.enterResolved(parent); err != nil {
			return err
		}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	uid, gid, err := owner(dir)
	if err != nil {
		return err
	}
	search := fs.FileMode(0o001)
	switch {
	case uid == a.uid:
		search = 0o100
	case gid == a.gid:
		search = 0o010
	}
	if info.Mode()&search != 0 {
		return nil
	}
	return fmt.Errorf("the folder %s (mode %04o, of %s) is closed to the account %s, which runs PostgreSQL for root",
		dir, info.Mode().Perm(), accountName(uid), a.Name)
}
