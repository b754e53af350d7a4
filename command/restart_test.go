//go:build unix

package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

// TestRestartUnderLoad restarts PostgreSQL while 64 clients ask: nobody is refused when it is back within the time that reads
// are tried again for, and else everybody is told when to come back.
func TestRestartUnderLoad(t *testing.T) {
	t.Parallel()
	const clients, retried = 64, 3 * time.Second
	cluster := storetest.NewCluster(t)
	mustRun(t, []string{"DATABASE_URL=" + cluster.URL()}, "demo", "--companies=20")
	s := serve(t, openTo(cluster.URL(), "CORPINTEL_ANSWER_CACHE=off"))
	s.client.Transport = &http.Transport{MaxIdleConnsPerHost: clients}
	var (
		asking             sync.WaitGroup
		answered, refusals atomic.Int64
		first              sync.Once
	)
	end := make(chan struct{})
	for i := range clients {
		asking.Go(func() {
			for n := i; ; n++ {
				select {
				case <-end:
					return
				default:
				}
				refusal := s.askOnce(t, n)
				if refusal == "" {
					answered.Add(1)
					continue
				}
				refusals.Add(1)
				first.Do(func() { t.Logf("the first refusal: %s", refusal) })
			}
		})
	}
	more := func() {
		enough := answered.Load() + 10*clients
		awaitTrue(t, "nothing is answered any more", func() bool { return answered.Load() >= enough })
	}
	longest := time.Duration(0)
	for _, mode := range []embedded.StopMode{embedded.Fast, embedded.Immediate, embedded.Fast} {
		more()
		start := time.Now()
		cluster.Stop(mode)
		cluster.Start()
		longest = max(longest, time.Since(start))
	}
	more()
	close(end)
	asking.Wait()
	t.Logf("%d answers over 3 restarts, the longest of %v; %d refused", answered.Load(), longest, refusals.Load())
	if refusals.Load() > 0 && longest < retried-time.Second {
		t.Errorf("%d requests were refused, though PostgreSQL was away for %v only", refusals.Load(), longest)
	}
}

// askOnce asks something of its own, and returns "" or how that was refused, which must say when to come back.
func (r *running) askOnce(t *testing.T, n int) (refusal string) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"query":     `query ($n: Int) { companies(first: $n) { nodes { name filings(first: 2) { nodes { form } } } } }`,
		"variables": map[string]int{"n": 1 + n%20},
	})
	if err != nil {
		t.Error(err)
		return err.Error()
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.base+"/graphql", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return err.Error()
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := r.client.Do(request)
	if err != nil {
		t.Error(err)
		return err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		t.Error(err)
	case response.StatusCode == http.StatusOK && !bytes.Contains(text, []byte(`"errors"`)):
		return ""
	case response.StatusCode != http.StatusServiceUnavailable || response.Header.Get("Retry-After") == "":
		t.Error(fmt.Errorf("%d %s, Retry-After %q", response.StatusCode, text, response.Header.Get("Retry-After")))
	}
	return string(text)
}
