//go:build unix

package embedded

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

const (
	mib = 1 << 20
	gib = 1 << 30
)

// serverSettings returns the settings of a server that shares a machine with other work, sized by the memory in bytes.
func serverSettings(memory int64) map[string]string {
	return map[string]string{
		"cluster_name":     "corpintel",
		"listen_addresses": "",
		"port":             strconv.Itoa(defaultPort),
		"max_connections":  "100",

		"shared_buffers":       megabytes(memory/8, 128*mib, gib),
		"effective_cache_size": megabytes(memory/2, 256*mib, 64*gib),
		"maintenance_work_mem": megabytes(memory/32, 64*mib, 512*mib),
		"work_mem":             "16MB",

		// Imports write much at once; nothing replicates from here.
		"wal_level":          "minimal",
		"max_wal_senders":    "0",
		"min_wal_size":       "128MB",
		"max_wal_size":       "2GB",
		"checkpoint_timeout": "15min",

		"random_page_cost":        "1.1",
		"jit":                     "off", // compiling a statement takes longer than running it
		"track_io_timing":         "on",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_destination":         "stderr",
		"logging_collector":       "off",
		"log_checkpoints":         "off",
		"unix_socket_permissions": "0700",
	}
}

// megabytes writes a size that is kept between two others.
func megabytes(size, least, most int64) string {
	return strconv.FormatInt(min(max(size, least), most)/mib, 10) + "MB"
}

// settingsFile returns the text of a configuration file.
func settingsFile(settings map[string]string) string {
	var b strings.Builder
	b.WriteString("# Written at every start, for the settings of the program. Others may be set in postgresql.conf;\n" +
		"# ALTER SYSTEM beats both.\n" +
		"include 'postgresql.conf'\n")
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&b, "%s = '%s'\n", name, strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(settings[name]))
	}
	return b.String()
}

// machineMemory returns the bytes of memory the program may use: the machine's or, when that is less, its container's.
// Where neither can be read it returns 4 GiB.
func machineMemory() int64 {
	memory := int64(4 * gib)
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		memory = totalMemory(string(text), memory)
	}
	for _, limit := range []string{"memory.max", "memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path.Join("/sys/fs/cgroup", limit))
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 {
			memory = min(memory, n)
		}
	}
	return memory
}

// totalMemory reads "MemTotal:       24684092 kB", in bytes; unknown if there is no such line.
func totalMemory(meminfo string, unknown int64) int64 {
	for line := range strings.Lines(meminfo) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "MemTotal:" {
			continue
		}
		if kb, err := strconv.ParseInt(fields[1], 10, 64); err == nil {
			return kb << 10
		}
	}
	return unknown
}
