//go:build unix && !linux

package embedded

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: the next start stops what is left.
func dieWithParent(*syscall.SysProcAttr) {}

// serves reports whether a process is a server on the data folder, by its command line.
func serves(pid int, data string) bool {
	words := commandLine(pid)
	return len(words) > 0 && isPostgres(words[0]) && strings.Contains(strings.Join(words, " "), data)
}

// commandLine returns the words a process was started with, as far as ps shows them apart; nil if it is gone.
func commandLine(pid int) []string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}
