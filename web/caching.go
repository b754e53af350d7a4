package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/compress"
)

// caching is what HTTP caches are told of an answer.
type caching struct {
	control   string   // Cache-Control
	surrogate []string // Surrogate-Key: of what the answer is made
}

// caching returns what caches are told of the answer to an operation, nil when none may keep it. They may keep what a GET of
// a registered document is answered with, when nothing went wrong.
func (e *exchange) caching(ctx context.Context, operation *graphql.OperationContext, response *graphql.Response) *caching {
	if !e.isCacheable() || len(response.Errors) > 0 {
		return nil
	}
	keys := rootFields(operation.Operation.SelectionSet, nil)
	for _, c := range e.shown(ctx) {
		keys = append(keys, surrogateKey(c))
	}
	return &caching{control: cacheControl(e.client.Viewer.Role, e.maxAge(operation.Operation)), surrogate: keys}
}

// isCacheable reports whether caches may keep the answer to a request, if nothing goes wrong.
func (e *exchange) isCacheable() bool {
	return e.isRegisteredGet() && e.explain == nil && !wants(e.r, costHeader) && !wants(e.r, cacheHeader)
}

func (e *exchange) isRegisteredGet() bool {
	return e.document != nil && (e.r.Method == http.MethodGet || e.r.Method == http.MethodHead)
}

// shown returns the companies that an answer shows something of.
func (e *exchange) shown(ctx context.Context) []*store.Company {
	if e.companies == nil {
		return nil
	}
	return e.companies(ctx)
}

// surrogateKey names a company for caches that drop answers by key.
func surrogateKey(c *store.Company) string {
	if c.CIK != nil {
		return "company-" + c.CIK.String()
	}
	return "company-" + c.NodeID()
}

// cacheControl says for how long an answer may be kept without asking whether it still holds, by nobody but who asked: what a
// client has registered it asks with its key.
//
// The dashboard always asks: no number of its pages may be old, and an answer that still holds is not sent again.
func cacheControl(role auth.Role, seconds int) string {
	if seconds == 0 || role == auth.RoleDashboard {
		return "private, no-cache"
	}
	return "private, max-age=" + strconv.Itoa(seconds)
}

// maxAge returns for how many seconds an answer may be shown without asking again: the least that the schema says
// (@cacheControl) of the fields and types that are selected, 0 where it says nothing of any of them.
func (e *exchange) maxAge(operation *ast.OperationDefinition) int {
	least := -1
	hint := func(directives ast.DirectiveList) bool {
		d := directives.ForName("cacheControl")
		if d == nil {
			return false
		}
		if seconds, err := strconv.Atoi(d.Arguments.ForName("maxAge").Value.Raw); err == nil && (least < 0 || seconds < least) {
			least = seconds
		}
		return true
	}
	ofType := func(name string) {
		if t := e.schema.Types[name]; t != nil {
			hint(t.Directives)
		}
	}
	var walk func(ast.SelectionSet)
	walk = func(selections ast.SelectionSet) {
		for _, s := range selections {
			switch s := s.(type) {
			case *ast.Field:
				if s.Definition != nil && !hint(s.Definition.Directives) {
					ofType(s.Definition.Type.Name())
				}
				walk(s.SelectionSet)
			case *ast.InlineFragment:
				ofType(s.TypeCondition)
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				ofType(s.Definition.TypeCondition)
				walk(s.Definition.SelectionSet)
			}
		}
	}
	walk(operation.SelectionSet)
	return max(least, 0)
}

// rootFields adds the names of the fields of the root, each once: what an answer of lists depends on beside the companies in it.
func rootFields(selections ast.SelectionSet, keys []string) []string {
	for _, s := range selections {
		switch s := s.(type) {
		case *ast.Field:
			if !strings.HasPrefix(s.Name, "__") && !slices.Contains(keys, s.Name) {
				keys = append(keys, s.Name)
			}
		case *ast.InlineFragment:
			keys = rootFields(s.SelectionSet, keys)
		case *ast.FragmentSpread:
			keys = rootFields(s.Definition.SelectionSet, keys)
		}
	}
	return keys
}

// maxSurrogateKeys is how many keys an answer has at most: proxies take 4 kB for all headers together where nothing else is
// configured, and refuse an answer with more.
const maxSurrogateKeys = 128

// manyCompanies stands for all companies in the keys of an answer that has too many of them.
const manyCompanies = "companies-many"

// set tells caches of an answer with a body in a coding. It reports whether the client has that answer already.
func (c *caching) set(header, request http.Header, coding compress.Coding, body []byte) (known bool) {
	sum := sha256.Sum256(body)
	tag := base64.RawURLEncoding.EncodeToString(sum[:16])
	if coding != compress.None {
		tag += "-" + string(coding) // a strong tag stands for these bytes
	}
	tag = `"` + tag + `"`
	header.Set("Etag", tag)
	header.Set("Cache-Control", c.control)
	keys := c.surrogate
	if len(keys) > maxSurrogateKeys {
		keys = append(slices.DeleteFunc(slices.Clone(keys), isCompanyKey), manyCompanies)
	}
	header.Set("Surrogate-Key", strings.Join(keys, " "))
	return matches(request.Values("If-None-Match"), tag)
}

func isCompanyKey(key string) bool { return strings.HasPrefix(key, "company-") }

// matches reports whether an If-None-Match names a tag. The comparison is the weak one (RFC 9110, 13.1.2).
func matches(given []string, tag string) bool {
	for _, line := range given {
		for candidate := range strings.SplitSeq(line, ",") {
			candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
			if candidate == tag || candidate == "*" {
				return true
			}
		}
	}
	return false
}
