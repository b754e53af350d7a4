package command

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/web"
)

func TestMemoryPlan(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	machine := file("MemTotal:       24000000 kB\nMemFree:         1000 kB\n")
	for name, test := range map[string]struct {
		flags   memoryFlags
		environ []string
		root    fstest.MapFS
		percent int
		limit   int64
		from    string
	}{
		"machine": {root: fstest.MapFS{"proc/meminfo": machine}, percent: 400, limit: 12_288_000_000, from: "11718 MiB of the machine's 23437 MiB"},
		"container, version 2": {
			root: fstest.MapFS{
				"proc/meminfo": machine, "proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("1073741824\n"),
			},
			percent: 400, limit: 858_993_459, from: "819 MiB of the container's 1024 MiB",
		},
		"a group above has less": {
			root: fstest.MapFS{
				"proc/meminfo": machine, "proc/self/cgroup": file("0::/a/b\n"), "sys/fs/cgroup/a/b/memory.max": file("max\n"),
				"sys/fs/cgroup/a/memory.max": file("1000000\n"), "sys/fs/cgroup/memory.max": file("2000000\n"),
			},
			percent: 400, limit: 800_000, from: "0 MiB of the container's 0 MiB",
		},
		"container, version 1": {
			root: fstest.MapFS{
				"proc/meminfo": machine, "proc/self/cgroup": file("12:cpu,cpuacct:/x\n11:memory:/docker/1\n"),
				"sys/fs/cgroup/memory/memory.limit_in_bytes": file("2147483648\n"),
			},
			percent: 400, limit: 1_717_986_918, from: "1638 MiB of the container's 2048 MiB",
		},
		"version 1 without a limit": {
			root: fstest.MapFS{
				"proc/meminfo": machine, "proc/self/cgroup": file("11:memory:/\n"),
				"sys/fs/cgroup/memory/memory.limit_in_bytes": file("9223372036854771712\n"),
			},
			percent: 400, limit: 12_288_000_000, from: "11718 MiB of the machine's 23437 MiB",
		},
		"no Linux": {root: fstest.MapFS{}, percent: 400, from: "none: the machine does not say how much there is"},
		"nonsense": {
			root:    fstest.MapFS{"proc/meminfo": file("MemTotal: x kB"), "proc/self/cgroup": file("::::\n\n")},
			percent: 400, from: "none: the machine does not say how much there is",
		},
		"the runtime's variables": {
			environ: []string{"GOGC=off", "GOMEMLIMIT=1GiB"}, root: fstest.MapFS{"proc/meminfo": machine}, from: "1GiB, GOMEMLIMIT",
		},
		"settings": {
			flags: memoryFlags{GCPercent: 50, MemoryLimit: 3 << 20}, environ: []string{"GOGC=off", "GOMEMLIMIT=1GiB"},
			root: fstest.MapFS{"proc/meminfo": machine}, percent: 50, limit: 3 << 20, from: "3 MiB, set",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := test.flags.plan(&Environment{Environ: test.environ}, test.root)
			if got.percent != test.percent || got.limit != test.limit || got.limitFrom != test.from {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestByteCount(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]byteCount{
		"1": 1, "65536": 65536, "100KiB": 102_400, "2GiB": 2 << 30, "8TiB": 8 << 40,
		"": 0, "0": 0, "-1": 0, "1KB": 0, "1.5GiB": 0, "GiB": 0, "9999999999TiB": 0, "1 GiB": 0,
	} {
		var got byteCount
		if err := got.UnmarshalText([]byte(text)); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

// TestDefaultLimits compares the defaults of the flags with those of the handler.
func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	var cli commands
	if _, err := parse(&cli, nil, &Environment{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(web.DefaultLimits(), cli.Serve.Limits.limits()); diff != "" {
		t.Errorf("-handler +flags:\n%s", diff)
	}
}
