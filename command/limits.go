package command

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"

	"github.com/corpintel/corpintel/web"
	"github.com/corpintel/corpintel/web/guard"
)

// limitFlags bound what one request may cost.
type limitFlags struct {
	BodyBytes byteCount `name:"max-body" setting:"CORPINTEL_MAX_BODY" default:"100KiB" placeholder:"BYTES" help:"Largest body of a request."`
	documentLimitFlags
	DocumentCache byteCount `name:"document-cache" setting:"CORPINTEL_DOCUMENT_CACHE" default:"32MiB" placeholder:"BYTES" help:"Memory for documents that were parsed."`
}

// documentLimitFlags bound what a document may cost.
type documentLimitFlags struct {
	Tokens                count `name:"max-tokens" setting:"CORPINTEL_MAX_TOKENS" default:"10000" placeholder:"N" help:"Most tokens of a document."`
	Depth                 count `name:"max-depth" setting:"CORPINTEL_MAX_DEPTH" default:"30" placeholder:"N" help:"Most levels of selections, lists and objects within each other."`
	Aliases               count `name:"max-aliases" setting:"CORPINTEL_MAX_ALIASES" default:"200" placeholder:"N" help:"Most aliases of a document."`
	Directives            count `name:"max-directives" setting:"CORPINTEL_MAX_DIRECTIVES" default:"200" placeholder:"N" help:"Most directives of a document."`
	DirectivesPerLocation count `name:"max-directives-per-location" setting:"CORPINTEL_MAX_DIRECTIVES_PER_LOCATION" default:"10" placeholder:"N" help:"Most directives at one place."`
	RootFields            count `name:"max-root-fields" setting:"CORPINTEL_MAX_ROOT_FIELDS" default:"50" placeholder:"N" help:"Most fields at the root of an operation."`
	Variables             count `name:"max-variables" setting:"CORPINTEL_MAX_VARIABLES" default:"500" placeholder:"N" help:"Most variables of a document, declarations and uses."`
	Expansion             count `name:"max-expansion" setting:"CORPINTEL_MAX_EXPANSION" default:"20000" placeholder:"N" help:"Most tokens of a document whose fragments are written out wherever they are spread."`
	Cost                  count `name:"max-cost" setting:"CORPINTEL_MAX_COST" default:"500000" placeholder:"N" help:"Highest cost of an operation, about one for each field of a full answer."`
}

// limits returns the limits as the handler has them.
func (f *limitFlags) limits() web.Limits {
	return web.Limits{
		Limits: f.documentLimits(), BodyBytes: int64(f.BodyBytes), Cost: int(f.Cost), DocumentBytes: int64(f.DocumentCache),
	}
}

// documentLimits returns the limits of a document's text.
func (f *documentLimitFlags) documentLimits() guard.Limits {
	return guard.Limits{
		Tokens: int(f.Tokens), Depth: int(f.Depth), Aliases: int(f.Aliases), Directives: int(f.Directives),
		DirectivesPerLocation: int(f.DirectivesPerLocation), RootFields: int(f.RootFields), Variables: int(f.Variables),
		Expansion: int(f.Expansion),
	}
}

// accessFlags say from where the server may be asked.
type accessFlags struct {
	CORSOrigins    pageOrigins `name:"cors-origins" setting:"CORPINTEL_CORS_ORIGINS" placeholder:"ORIGIN,..." help:"Origins whose pages may ask and read the answers, such as https://app.example.com; * for all. Default: none but the server's own."`
	AllowedHosts   hostNames   `name:"allowed-hosts" setting:"CORPINTEL_ALLOWED_HOSTS" placeholder:"NAME,..." help:"Names that a server on the loopback goes by beside those of the loopback, such as that of a proxy on the same machine."`
	TrustedProxies addresses   `name:"trusted-proxies" setting:"CORPINTEL_TRUSTED_PROXIES" placeholder:"ADDRESS,..." help:"Addresses and networks of proxies whose X-Forwarded-For is believed. Default: none."`
}

// access returns what the handler knows of who may ask; local says that the server listens on the loopback.
func (f *accessFlags) access(local bool) web.Access {
	return web.Access{LocalOnly: local, Hosts: f.AllowedHosts, Proxies: f.TrustedProxies, Origins: f.CORSOrigins}
}

// pageOrigins are origins of web pages.
type pageOrigins []string

// UnmarshalText reads origins with commas between them.
func (o *pageOrigins) UnmarshalText(text []byte) error {
	for origin := range strings.SplitSeq(string(text), ",") {
		origin = strings.TrimSuffix(strings.TrimSpace(origin), "/")
		u, err := url.Parse(strings.ToLower(origin))
		isOrigin := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.Scheme+"://"+u.Host == strings.ToLower(origin)
		if !isOrigin && origin != "*" {
			return errors.New("want origins such as https://app.example.com,http://localhost:3000, or *")
		}
		*o = append(*o, asBrowsersSay(u))
	}
	return nil
}

// asBrowsersSay returns an origin without the port that its scheme has anyway.
func asBrowsersSay(u *url.URL) string {
	if u.Scheme == "" {
		return u.Path // *
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		return u.Scheme + "://" + strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Scheme + "://" + u.Host
}

// hostNames are names of hosts, without ports.
type hostNames []string

// UnmarshalText reads names with commas between them.
func (n *hostNames) UnmarshalText(text []byte) error {
	for name := range strings.SplitSeq(string(text), ",") {
		name = strings.TrimSpace(name)
		if name == "" || strings.ContainsAny(name, "/:*@ ") {
			return errors.New("want names of hosts without ports, such as api.example.com")
		}
		*n = append(*n, name)
	}
	return nil
}

// addresses are addresses of machines and of networks.
type addresses []netip.Prefix

// UnmarshalText reads addresses and networks with commas between them.
func (a *addresses) UnmarshalText(text []byte) error {
	for given := range strings.SplitSeq(string(text), ",") {
		given = strings.TrimSpace(given)
		prefix, err := netip.ParsePrefix(given)
		if address, single := netip.ParseAddr(given); single == nil {
			prefix, err = address.Prefix(address.BitLen())
		}
		if err != nil {
			return errors.New("want addresses and networks such as 10.0.0.7,192.168.0.0/16")
		}
		*a = append(*a, prefix.Masked())
	}
	return nil
}
