//go:build unix

package embedded

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// oldestRedis is the first version with the commands that are used (GETEX), as major*100+minor.
const oldestRedis = 602

// redisFolders are where packages put the program, for a PATH that leaves them out.
const redisFolders = "/usr/bin:/usr/local/bin:/opt/homebrew/bin:/home/linuxbrew/.linuxbrew/bin"

// redisVersion is in what a server says of itself: "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64".
var redisVersion = regexp.MustCompile(`\bv=(\d{1,3})\.(\d{1,2})\b`)

// findRedis returns the first server program of a list of folders, or else of redisFolders, that the account can run.
// Errors: ErrNoRedis.
func findRedis(ctx context.Context, account Account, path string) (string, error) {
	return findRedisIn(ctx, account, path, redisFolders)
}

func findRedisIn(ctx context.Context, account Account, path, others string) (string, error) {
	var faults []string
	for _, folder := range filepath.SplitList(path + string(filepath.ListSeparator) + others) {
		if !filepath.IsAbs(folder) {
			continue
		}
		for _, name := range []string{"redis-server", "valkey-server"} {
			program := filepath.Join(folder, name)
			if _, err := os.Stat(program); err != nil {
				continue
			}
			err := checkRedis(ctx, account, program)
			if err == nil {
				return program, nil
			}
			faults = append(faults, err.Error())
		}
	}
	var but string
	if len(faults) > 0 {
		but = " (" + strings.Join(faults, "; ") + ")"
	}
	return "", fmt.Errorf("%w: looked for redis-server and valkey-server in PATH, %s%s",
		ErrNoRedis, strings.ReplaceAll(others, ":", ", "), but)
}

// checkRedis reports why a program is no server that can be used.
func checkRedis(ctx context.Context, account Account, program string) error {
	ctx, cancel := context.WithTimeout(ctx, versionWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "--version")
	cmd.Dir, cmd.SysProcAttr = "/", account.Attributes()
	said, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	version, err := parseRedisVersion(string(said))
	if err != nil {
		return fmt.Errorf("%s: %w", program, err)
	}
	if version < oldestRedis {
		return fmt.Errorf("%s is of version %d.%d, older than %d.%d",
			program, version/100, version%100, oldestRedis/100, oldestRedis%100)
	}
	return nil
}

// parseRedisVersion returns major*100+minor.
func parseRedisVersion(said string) (int, error) {
	found := redisVersion.FindStringSubmatch(said)
	if found == nil {
		return 0, fmt.Errorf("no version in %.60q", said)
	}
	major, _ := strconv.Atoi(found[1]) // digits
	minor, _ := strconv.Atoi(found[2])
	return major*100 + minor, nil
}
