package command_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/store/storetest"
)

// TestAnswersNameTheirCompanies checks that a started server tells HTTP caches which companies an answer shows something of.
func TestAnswersNameTheirCompanies(t *testing.T) {
	t.Parallel()
	url := storetest.New(t)
	environ := []string{"DATABASE_URL=" + url}
	mustRun(t, environ, "demo", "--companies=2")
	key := strings.TrimSpace(mustRun(t, environ, "client", "create", "--name=acme", "--role=partner"))
	file := write(t, "documents.json", `{"list": "{ companies(first: 2) { nodes { cik } } }", "none": "{ company(cik: 1) { name } }"}`)
	mustRun(t, environ, "documents", "publish", "--client=acme", file)
	s := serve(t, openTo(url))
	ask := func(id string) (header http.Header, body []byte) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/graphql/d/"+id, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-API-Key", key)
		response, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err = io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%d %s (%v)", response.StatusCode, body, err)
		}
		return response.Header, body
	}
	header, body := ask("list")
	var answer struct {
		Data struct {
			Companies struct{ Nodes []struct{ CIK string } }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || len(answer.Data.Companies.Nodes) != 2 {
		t.Fatalf("%s (%v)", body, err)
	}
	keys := []string{"companies"}
	for _, company := range answer.Data.Companies.Nodes {
		keys = append(keys, "company-"+company.CIK)
	}
	if got, want := header.Get("Surrogate-Key"), strings.Join(keys, " "); got != want {
		t.Errorf("Surrogate-Key %q, want %q", got, want)
	}
	if header, _ = ask("none"); header.Get("Surrogate-Key") != "company" {
		t.Errorf("Surrogate-Key %q of an answer without companies", header.Get("Surrogate-Key"))
	}
}
