//go:build unix && !linux

package embedded

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: the next start stops what is left.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// serves reports whether a process is a server on the data folder, by its command line.
func serves(pid int, data string) bool {
	line := commandLine(pid)
	program, _, _ := strings.Cut(line, " -")
	return isPostgres(program) && strings.Contains(line, data)
}

// commandLine returns what a process was started with, words parted by spaces; nothing if it is gone.
func commandLine(pid int) string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
