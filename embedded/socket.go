//go:build unix

package embedded

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// longestSocket is the length in bytes the path of a unix socket may have on every system (104 with its zero on Darwin).
const longestSocket = 103

// socketFolder returns the folder for the socket of a server, which is a file of the given name: the data folder, which
// only the account may enter. If that makes the path too long, or has a comma, which would separate two hosts in a URL, it
// is a short one of the same mode, named after the data folder.
func socketFolder(account Account, data, socket string) (string, error) {
	if len(filepath.Join(data, socket)) <= longestSocket && !strings.Contains(data, ",") {
		return data, nil
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(data)) // a hash returns no error
	name := fmt.Sprintf("corpintel-%d-%x", account.uid, sum.Sum64())
	var err error
	for _, parent := range []string{"/run", "/tmp"} {
		folder := filepath.Join(parent, name)
		if err = account.MakeDir(folder); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("folder for the socket of %s, which cannot hold one: %w", data, err)
}

// socketName returns the name PostgreSQL gives to its socket.
func socketName(port int) string { return ".s.PGSQL." + strconv.Itoa(port) }

// removeSockets removes the folder of the socket if it is one of its own.
func (c *Cluster) removeSockets() {
	if c.sockets != c.data {
		_ = os.Remove(c.sockets) // it is made again when it is needed
	}
}
