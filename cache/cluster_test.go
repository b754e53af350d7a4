package cache_test

import (
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/corpintel/corpintel/cache/cachetest"
)

// TestCluster uses a cluster, of one node: what matters is that the client speaks as with one.
func TestCluster(t *testing.T) {
	t.Parallel()
	address := startCluster(t)
	for name, url := range map[string]string{
		"parameter": "redis://" + address + "?cluster=true",
		"list":      "redis://" + address + "," + freeAddress(t),
	} {
		c := cachetest.Open(t, url, nil)
		if !strings.HasPrefix(c.Place(), "Redis cluster at "+address) {
			t.Errorf("%s: %s", name, c.Place())
		}
		cachetest.Eventually(t, name+": a value is stored and found", func() bool {
			c.Set(t.Context(), "text", name, []byte("x"), time.Hour)
			_, ok := c.Get(t.Context(), "text", name)
			return ok
		})
	}
}

// startCluster runs a cluster of one node until the test ends.
func startCluster(t *testing.T) string {
	t.Helper()
	address, bus := freeAddress(t), freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	_, busPort, _ := net.SplitHostPort(bus)
	node := exec.CommandContext(t.Context(), "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "",
		"--dir", t.TempDir(), "--cluster-enabled", "yes", "--cluster-port", busPort, "--cluster-announce-ip", "127.0.0.1")
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = node.Process.Kill()
		_ = node.Wait()
	})
	client := redis.NewClient(&redis.Options{Addr: address})
	defer client.Close()
	cachetest.Eventually(t, "the node answers", func() bool { return client.Ping(t.Context()).Err() == nil })
	if err := client.ClusterAddSlotsRange(t.Context(), 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	cachetest.Eventually(t, "the cluster is complete", func() bool {
		info, err := client.ClusterInfo(t.Context()).Result()
		return err == nil && strings.Contains(info, "cluster_state:ok")
	})
	return address
}
