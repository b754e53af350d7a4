package ingest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/ingest"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestDiskFull fills the disk with the tables, or the one with the write-ahead log, of a real server, imports until it can
// write no more, makes room and imports again. What the first import has counted is there, and nothing is half written.
//
// The disks are small file systems in memory, so it takes the right to mount. Elsewhere TestExplained alone proves what an
// operator is told.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		put   func(testing.TB, *storetest.Cluster, string)
		press func(testing.TB, *storetest.Cluster)
		want  []string
	}{
		{
			"tables", putTables, func(testing.TB, *storetest.Cluster) {},
			[]string{"has no room left", "No space left on device", "what was counted is stored"},
		},
		// The server ends when it cannot write its log, and may not even be able to say why.
		{"write-ahead log", putLog, pressLog, []string{"what was counted is stored"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			disk := smallDisk(t, 128<<20)
			j := jobs(t)
			want := newDatabase(t)
			for _, j := range j {
				if _, err := j.run(want, ingest.Options{}); err != nil {
					t.Fatal(err)
				}
			}
			cluster := storetest.NewCluster(t)
			c.put(t, cluster, disk)
			ballast := fill(t, disk, 1<<20)
			c.press(t, cluster)
			storms := 0
			progress := writerFunc(func(p []byte) (int, error) {
				if strings.HasPrefix(string(p), "the database is away") {
					storms++
				}
				return len(p), nil
			})
			counted, err := importBoth(t, cluster, j, ingest.Options{Wait: 2 * time.Second, Progress: progress})
			if err == nil {
				t.Fatal("the disk was large enough")
			}
			for _, want := range append(c.want, "import "+os.TempDir()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if storms > 1 {
				t.Errorf("it was tried %d times again", storms)
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			cluster.Stop(embedded.Immediate)
			cluster.Start()
			pool := connect(t, cluster.URL())
			if stored := int64(storedRecords(t, pool)); stored < counted {
				t.Errorf("%d records were counted as stored, %d are there", counted, stored)
			}
			checkWhole(t, pool)
			if _, err := importBoth(t, cluster, j, ingest.Options{}); err != nil {
				t.Fatal(err)
			}
			sameContent(t, "after there was room again", priceContent(t, want), priceContent(t, pool))
		})
	}
}

// importBoth runs jobs one after the other and returns how many records they counted as stored.
func importBoth(t testing.TB, cluster *storetest.Cluster, jobs []job, o ingest.Options) (counted int64, err error) {
	t.Helper()
	pool := connect(t, cluster.URL())
	for _, j := range jobs {
		report, err := j.run(pool, o)
		if !report.AddsUp() {
			t.Errorf("a report that does not add up:\n%s", table(t, report))
		}
		for _, k := range report.Kinds {
			counted += k.Stored
		}
		if err != nil {
			return counted, err
		}
	}
	return counted, nil
}

// smallDisk returns the folder of a file system of its own.
func smallDisk(t testing.TB, size int64) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "disk") //nolint:usetesting // the server's account cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	err = syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("mode=0777,size=%d", size))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skip("this account may not mount: a server whose disk is full is NOT tested")
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // for the server's account
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill writes a file until so many bytes are left, and returns its path.
func fill(t testing.TB, disk string, left int64) string {
	t.Helper()
	var free syscall.Statfs_t
	if err := syscall.Statfs(disk, &free); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(disk, "ballast")
	bytes := int64(free.Bavail)*free.Bsize - left //nolint:gosec // a size
	if err := os.WriteFile(path, make([]byte, bytes), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// superuser runs a statement.
func superuser(t testing.TB, cluster *storetest.Cluster, sql string) (answer string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), cluster.SuperuserURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		if err := rows.Scan(&answer); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return answer
}

// putTables moves the database to a disk.
func putTables(t testing.TB, cluster *storetest.Cluster, disk string) {
	t.Helper()
	folder := filepath.Join(disk, "tables")
	own(t, superuser(t, cluster, `show data_directory`), folder)
	superuser(t, cluster, `create tablespace small location '`+folder+`'`)
	superuser(t, cluster, `alter database corpintel set tablespace small`)
	t.Cleanup(func() { cluster.Stop(embedded.Immediate) }) // before the disk goes
}

// putLog moves the write-ahead log to a disk, without the files that wait for being written again.
func putLog(t testing.TB, cluster *storetest.Cluster, disk string) {
	t.Helper()
	data := superuser(t, cluster, `show data_directory`)
	present := superuser(t, cluster, `select pg_walfile_name(pg_current_wal_lsn())`)
	cluster.Stop(embedded.Fast)
	from, to := filepath.Join(data, "pg_wal"), filepath.Join(disk, "pg_wal")
	files, err := filepath.Glob(filepath.Join(from, "0000*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) > present {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
	}
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := errors.Join(os.RemoveAll(from), os.Symlink(to, from)); err != nil {
		t.Fatal(err)
	}
	cluster.Start()
	t.Cleanup(func() { cluster.Stop(embedded.Immediate) }) // before the disk goes
}

// pressLog uses up what the log has of files, but for a megabyte or two.
func pressLog(t testing.TB, cluster *storetest.Cluster) {
	t.Helper()
	const write = `
		with files as (
			select (max(('x' || right(name, 8))::bit(32)::bigint) + 1) * max(size) - (pg_current_wal_lsn() - '0/0') as free
			from pg_ls_waldir()
			where name like '0000%'
		)
		select pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))::text from files where free > 3000000`
	for superuser(t, cluster, write) != "" {
		continue
	}
}

// own makes a folder of the account that another one belongs to.
func own(t testing.TB, like, folder string) {
	t.Helper()
	info, err := os.Stat(like)
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		t.Fatal("no owner")
	}
	if err := errors.Join(os.Mkdir(folder, 0o700), os.Chown(folder, int(stat.Uid), int(stat.Gid))); err != nil {
		t.Fatal(err)
	}
}
