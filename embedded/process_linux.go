package embedded

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent makes the kernel send a server a signal when the thread that started it ends. Go sets it after it has
// changed the user, which would clear it.
func dieWithParent(attributes *syscall.SysProcAttr, signal syscall.Signal) {
	attributes.Pdeathsig = signal
}

// serves reports whether a process is a server on the data folder: a server works in it.
func serves(pid int, data string) bool {
	process := "/proc/" + strconv.Itoa(pid)
	name, err := os.ReadFile(process + "/comm")
	if err != nil || !isPostgres(strings.TrimSpace(string(name))) {
		return false
	}
	works, err := os.Stat(process + "/cwd")
	if err != nil {
		return false
	}
	wanted, err := os.Stat(data)
	return err == nil && os.SameFile(works, wanted)
}

// commandLine returns what a process was started with, words parted by spaces; nothing if it is gone or about to be.
func commandLine(pid int) string {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " "))
}
