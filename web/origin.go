package web

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/corpintel/corpintel/graph/gqlerr"
)

// preflightHeaders are headers that a browser sends to another site only after it has asked whether it may. A
// request that has one was allowed, or is from no page at all.
const preflightHeaders = "X-Requested-With, GraphQL-Require-Preflight, Apollo-Require-Preflight, X-Apollo-Operation-Name"

const (
	corsHeaders = "Accept, Authorization, Content-Type, If-None-Match, X-API-Key, X-Request-Id, " +
		"Traceparent, Tracestate, " + costHeader + ", " + cacheHeader + ", " + explainHeader + ", " + timingHeader + ", " + preflightHeaders
	corsExposed = "ETag, RateLimit, RateLimit-Policy, Retry-After, Server-Timing, Sunset, " + traceresponse + ", X-Request-Id"
	corsMaxAge  = "7200" // seconds; browsers keep it no longer
)

// origins are those whose pages may ask. Nothing here depends on cookies, and no answer allows them: a page shows
// who it is by a key that it was given.
type origins struct {
	all    bool
	listed []string
}

func newOrigins(listed []string) origins {
	return origins{all: slices.Contains(listed, "*"), listed: listed}
}

func (o origins) has(origin string) bool {
	return origin != "" && (o.all || slices.Contains(o.listed, origin))
}

// allow lets the page that asks read the answer, if it may.
func (o origins) allow(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if !o.has(origin) {
		return
	}
	if o.all {
		origin = "*"
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Expose-Headers", corsExposed)
}

// preflight answers OPTIONS: what there is, and to a browser whether its page may ask.
func (o origins) preflight(w http.ResponseWriter, r *http.Request) {
	header, served := w.Header(), methodsOf(r)
	header.Set("Allow", served.all)
	if o.has(r.Header.Get("Origin")) && r.Header.Get("Access-Control-Request-Method") != "" {
		header.Set("Access-Control-Allow-Methods", served.pages)
		header.Set("Access-Control-Allow-Headers", corsHeaders)
		header.Set("Access-Control-Max-Age", corsMaxAge)
	}
	w.WriteHeader(http.StatusNoContent)
}

// mayGet reports whether a GET may be answered. Unlike POST with its content type, browsers send one for any page that
// wants it, without asking: as an image, a script, a link.
func (o origins) mayGet(r *http.Request) bool {
	if o.has(r.Header.Get("Origin")) {
		return true
	}
	for name := range strings.SplitSeq(preflightHeaders, ", ") {
		if _, ok := r.Header[http.CanonicalHeaderKey(name)]; ok {
			return true
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		// No browser, or one that does not say: an old one, or any to a server without TLS that is not on its machine.
		return sameHost(r.Header.Get("Origin"), r.Host)
	default:
		return false
	}
}

// sameHost reports whether an origin is absent or that of a host.
func sameHost(origin, host string) bool {
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, host)
}

// localOnly answers requests to names of the loopback, and to hosts.
func localOnly(next http.Handler, hosts []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := hostname(r.Host)
		listed := slices.ContainsFunc(hosts, func(host string) bool { return strings.EqualFold(host, name) })
		if !listed && !isLoopback(name) {
			refuse(w, r, &refusal{
				status: http.StatusMisdirectedRequest, code: gqlerr.Forbidden,
				reason: "this server listens on the loopback and is not called by that name; " +
					"the setting CORPINTEL_ALLOWED_HOSTS adds names",
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// hostname returns the name in host:port, without brackets.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// isLoopback reports whether a name always leads to the own machine.
func isLoopback(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback()
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}
