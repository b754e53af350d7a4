package web

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/graph/gqlerr"
)

// authenticator finds out who asks.
type authenticator struct {
	registry  *clients.Registry // nil where there are no clients: keys are not looked at
	required  bool
	anonymous *clients.Client
	attempts  *auth.Attempts
	proxies   []netip.Prefix
}

func newAuthenticator(o Options) *authenticator {
	return &authenticator{
		registry: o.Clients, required: o.AuthRequired, anonymous: &clients.Client{Viewer: *auth.Anonymous()},
		attempts: auth.NewAttempts(o.Now), proxies: o.Access.Proxies,
	}
}

// client returns who asks. A key that is given must be right, also where none is required: who uses one wants to be told
// that it is not.
func (a *authenticator) client(r *http.Request) (*clients.Client, *refusal) {
	if a.registry == nil {
		return a.anonymous, nil
	}
	key, refused := givenKey(r.Header)
	switch {
	case refused != nil:
		return nil, refused
	case key == "" && a.required:
		return nil, unauthenticated("a key is required, as Authorization: Bearer KEY or X-API-Key: KEY")
	case key == "":
		return a.anonymous, nil
	}
	client, err := a.registry.Authenticate(key)
	if err == nil {
		return client, nil
	}
	prefix, _, err := auth.ParseKey(key)
	if err != nil {
		prefix = ""
	}
	if wait, limited := a.attempts.Failed(clientAddress(r, a.proxies), prefix); limited {
		return nil, &refusal{
			status: http.StatusTooManyRequests, code: gqlerr.RateLimited, retryAfter: wait,
			reason: "too many wrong keys, try again later",
		}
	}
	return nil, unauthenticated("the key is not valid: it is unknown, expired or revoked")
}

func unauthenticated(reason string) *refusal {
	return &refusal{status: http.StatusUnauthorized, code: gqlerr.Unauthenticated, reason: reason}
}

// givenKey returns the key of a request, empty when it has none. Credentials of another scheme are somebody else's: those of a
// proxy before this server.
func givenKey(header http.Header) (string, *refusal) {
	for _, name := range []string{"X-Api-Key", "Authorization"} {
		// Who stands before this server and looks at another one of them than it does lets in somebody else.
		if len(header[name]) > 1 {
			return "", badRequest("the request has " + name + " twice")
		}
	}
	key := header.Get("X-Api-Key")
	scheme, bearer, _ := strings.Cut(header.Get("Authorization"), " ")
	bearer = strings.TrimSpace(bearer)
	switch {
	case !strings.EqualFold(scheme, "Bearer"):
		return key, nil
	case bearer == "":
		return "", unauthenticated("the header Authorization must be: Bearer KEY")
	case key != "" && key != bearer:
		return "", badRequest("Authorization and X-API-Key have different keys")
	}
	return bearer, nil
}

// clientAddress returns the address that a request comes from: the connection's, or what the nearest proxy that is not trusted
// is, or came from.
func clientAddress(r *http.Request, proxies []netip.Prefix) netip.Addr {
	address := parseAddress(r.RemoteAddr)
	if len(proxies) == 0 {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(address, proxies); i-- {
		hop := parseAddress(strings.TrimSpace(hops[i]))
		if !hop.IsValid() {
			break
		}
		address = hop
	}
	return address
}

// parseAddress reads an address with or without a port; the zero Addr when it is none.
func parseAddress(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap()
}

func isTrusted(address netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// wholeSeconds rounds up to whole seconds, at least one, as headers have them.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatFloat(math.Max(1, math.Ceil(d.Seconds())), 'f', 0, 64)
}
