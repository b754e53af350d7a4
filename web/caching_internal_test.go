package web

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/corpintel/corpintel/web/compress"
)

// TestSurrogateKeysAreBounded checks that an answer of many companies has a header that proxies take, with one key for all.
func TestSurrogateKeysAreBounded(t *testing.T) {
	t.Parallel()
	for companies, want := range map[int]int{0: 2, 1: 3, maxSurrogateKeys - 2: maxSurrogateKeys, maxSurrogateKeys - 1: 3, 5000: 3} {
		keys := []string{"companies", "filings"}
		for i := range companies {
			keys = append(keys, fmt.Sprintf("company-%010d", i))
		}
		header := http.Header{}
		(&caching{control: "private", surrogate: keys}).set(header, http.Header{}, compress.None, []byte("{}"))
		got := header.Get("Surrogate-Key")
		if n := len(strings.Fields(got)); n != want || len(got) > 3000 || !strings.HasPrefix(got, "companies filings") {
			t.Errorf("%d companies: %d keys, want %d: %.60s", companies, n, want, got)
		}
		if many := strings.Contains(got, manyCompanies); many != (companies > maxSurrogateKeys-2) {
			t.Errorf("%d companies: %s: %t", companies, manyCompanies, many)
		}
	}
}
