//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// errLocked means that another process, or another start in this one, holds the lock.
var errLocked = errors.New("locked")

// tryLock takes the lock of a file without waiting. Closing the file releases it, and so does the end of the process.
// Errors: errLocked.
func tryLock(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return file, nil
	}
	_ = file.Close() // nothing was written
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errLocked
	}
	return nil, fmt.Errorf("lock %s: %w", path, err)
}
