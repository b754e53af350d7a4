package command

import (
	"context"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

const (
	// gcPercent is how much the heap may grow before it is collected, in percent of what is in use. The runtime's own
	// 100 costs a fifth of the processor's time more where answers are built, for memory that a server has.
	gcPercent = 400
	// groupShare and machineShare are which part of the memory the program takes before it collects more often: most of
	// what was set aside for it, half of a machine that others use too, such as the embedded PostgreSQL.
	groupShare, machineShare = 0.8, 0.5
)

// memoryFlags steer the collector.
type memoryFlags struct {
	GCPercent   count     `name:"gc-percent" setting:"CORPINTEL_GC_PERCENT" placeholder:"N" help:"How much the heap may grow before garbage is collected, in percent. Default: GOGC, or else 400."`
	MemoryLimit byteCount `name:"memory-limit" setting:"CORPINTEL_MEMORY_LIMIT" placeholder:"BYTES" help:"Memory from which on garbage is collected as often as necessary. Default: GOMEMLIMIT, or else 80 % of the container's or 50 % of the machine's."`
}

// apply sets the collector and says how. What the flags leave open the runtime's own variables decide, or else the
// memory that there is.
func (f *memoryFlags) apply(ctx context.Context, e *Environment, logger *slog.Logger) {
	plan := f.plan(e, os.DirFS("/"))
	if plan.percent > 0 {
		debug.SetGCPercent(plan.percent)
	}
	if plan.limit > 0 {
		debug.SetMemoryLimit(plan.limit)
	}
	logger.InfoContext(ctx, "memory", slog.String("gcPercent", plan.percentFrom), slog.String("limit", plan.limitFrom))
}

// memoryPlan is how the collector is set; zero leaves what the runtime has.
type memoryPlan struct {
	percent                int
	limit                  int64
	percentFrom, limitFrom string // for the log
}

func (f *memoryFlags) plan(e *Environment, root fs.FS) memoryPlan {
	var p memoryPlan
	switch own := e.lookup("GOGC"); {
	case f.GCPercent > 0:
		p.percent, p.percentFrom = int(f.GCPercent), strconv.Itoa(int(f.GCPercent))+", set"
	case own != "":
		p.percentFrom = own + ", GOGC"
	default:
		p.percent, p.percentFrom = gcPercent, strconv.Itoa(gcPercent)
	}
	switch own := e.lookup("GOMEMLIMIT"); {
	case f.MemoryLimit > 0:
		p.limit = int64(f.MemoryLimit)
		p.limitFrom = inMiB(p.limit) + ", set"
	case own != "":
		p.limitFrom = own + ", GOMEMLIMIT"
	default:
		p.limit, p.limitFrom = availableMemory(root)
	}
	return p
}

// availableMemory returns the share of memory that the program takes, and what it is of; 0 where that cannot be told.
func availableMemory(root fs.FS) (limit int64, from string) {
	machine := machineMemory(root)
	if group := groupMemory(root); group > 0 && (machine == 0 || group < machine) {
		limit = int64(groupShare * float64(group))
		return limit, inMiB(limit) + " of the container's " + inMiB(group)
	}
	if machine == 0 {
		return 0, "none: the machine does not say how much there is"
	}
	limit = int64(machineShare * float64(machine))
	return limit, inMiB(limit) + " of the machine's " + inMiB(machine)
}

func inMiB(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }

// machineMemory returns the memory of a Linux machine, 0 elsewhere.
func machineMemory(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			if err != nil || kilobytes > math.MaxInt64>>10 {
				return 0
			}
			return kilobytes << 10
		}
	}
	return 0
}

// groupMemory returns the least limit of the control groups that the program is in, 0 for none.
func groupMemory(root fs.FS) int64 {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0
	}
	least := int64(0)
	for line := range strings.Lines(string(text)) {
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		folder, file := "sys/fs/cgroup", "memory.max" // version 2
		if controllers == "memory" {
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if controllers != "" {
			continue
		}
		// In a container its own group is mounted as the root, whatever it is called outside.
		for group = path.Clean("/" + group); ; group = path.Dir(group) {
			limit := readLimit(root, path.Join(folder, group, file))
			if limit > 0 && (least == 0 || limit < least) {
				least = limit
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}

// readLimit returns a limit of a control group, 0 for none.
func readLimit(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0
	}
	limit, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || limit >= math.MaxInt64>>1 {
		return 0 // max
	}
	return limit
}
