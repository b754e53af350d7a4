//go:build unix

package command_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestMalformedRedisURL checks that a password is never shown.
func TestMalformedRedisURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"redis://user:S3CRET@host:99999999/x", "redis://user:S3CRET%zz@host", "redis://user:S3CRET@ho st", "redis:/user:S3CRET@host",
		"user:S3CRET@host", "postgres://user:S3CRET@host/db", "redis://user:S3CRET@host/db", "redis://user:S3CRET@host?S3CRET=1",
		"redis://user:S3CRET@a,,b", "redis://user:S3CRET@a,b/1", "redis://user:S3CRET@a?cluster=maybe", "unix://user:S3CRET@",
	} {
		code, stdout, stderr := run(t, onFreePorts("REDIS_URL="+url, "DATABASE_URL=postgres://127.0.0.1:1/none"))
		if code != 2 {
			t.Errorf("%s: exit code %d, want 2", url, code)
		}
		wantContains(t, stderr, "corpintel: REDIS_URL: want redis://user:password@host:port/db", ", or off")
		if strings.Contains(stdout+stderr, "S3CRET") {
			t.Errorf("%s: the password is shown: %s", url, stderr)
		}
	}
}

// TestRedisSettings starts servers with and without a Redis: all answer, and each tells what it uses.
func TestRedisSettings(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	redis := cachetest.Start(t)
	dir := reachableDir(t)
	tests := map[string]struct{ setting, want string }{
		"given":       {"REDIS_URL=" + redis.URL(), "Cache      Redis at /"},
		"unreachable": {"REDIS_URL=redis://user:S3CRET@127.0.0.1:1", "Cache      Redis at 127.0.0.1:1\n"},
		"off":         {"REDIS_URL=off", "Cache      in the memory of this server (REDIS_URL is off)\n"},
		"private":     {"CORPINTEL_DATA_DIR=" + dir, "Cache      private Redis in " + dir + "\n"},
		"joined":      {"CORPINTEL_DATA_DIR=" + dir, "Cache      private Redis in " + dir + "\n"},
		"no folder":   {"CORPINTEL_DATA_DIR=/dev/null", "Cache      in the memory of this server, without Redis\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, openTo(database, test.setting))
			wantContains(t, s.stdout.String(), test.want)
			if status, body := s.query(t, `{ companies(first: 1) { totalCount } }`); status != 200 {
				t.Errorf("%d %s", status, body)
			}
			if strings.Contains(s.stdout.String()+s.stderr.String(), "S3CRET") {
				t.Error("the password is shown")
			}
			s.interrupt()
			if code := s.wait(t); code != 0 {
				t.Errorf("exit code %d: %s", code, s.stderr)
			}
		})
	}
}

func TestDoctorLooksAtRedis(t *testing.T) {
	t.Parallel()
	database := "DATABASE_URL=" + storetest.New(t)
	redis := cachetest.Start(t)
	said := mustRun(t, []string{database, "REDIS_URL=" + redis.URL()}, "doctor")
	wantContains(t, said, "redis", " answers", "maxmemory-policy allkeys-lru")
	for setting, want := range map[string]string{
		"maxmemory-policy noeviction": "once it is full nothing is stored any more", "maxmemory 0": "it grows until",
	} {
		other := cachetest.Start(t)
		name, value, _ := strings.Cut(setting, " ")
		other.Config(name, value)
		said := mustRun(t, []string{database, "REDIS_URL=" + other.URL()}, "doctor")
		wantContains(t, said, "warn", want)
	}
	said = mustRun(t, []string{database, "REDIS_URL=redis://user:S3CRET@127.0.0.1:1"}, "doctor")
	wantContains(t, said, "warn", "Redis at 127.0.0.1:1 cannot be used", "connection refused")
	if strings.Contains(said, "S3CRET") {
		t.Errorf("the password is shown: %s", said)
	}
	if said = mustRun(t, []string{database, "REDIS_URL=off"}, "doctor"); strings.Contains(said, "redis") {
		t.Errorf("there is no Redis to look at: %s", said)
	}
}

// TestServersShareTextsThroughRedis sends a text to one server and calls it by its hash on another.
func TestServersShareTextsThroughRedis(t *testing.T) {
	t.Parallel()
	database, redis := storetest.New(t), "REDIS_URL="+cachetest.Start(t).URL()
	one, other := serve(t, openTo(database, redis)), serve(t, openTo(database, redis))
	const query = `{ __typename }`
	sum := sha256.Sum256([]byte(query))
	extensions := `"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + hex.EncodeToString(sum[:]) + `"}}`
	ask := func(s *running, body string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/graphql", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		_, answer := s.do(t, request)
		return answer
	}
	cachetest.Eventually(t, "the other server knows the text", func() bool {
		if body := ask(one, `{"query":"`+query+`",`+extensions+`}`); body != `{"data":{"__typename":"Query"}}` {
			t.Fatal(body)
		}
		return ask(other, `{`+extensions+`}`) == `{"data":{"__typename":"Query"}}`
	})
}
