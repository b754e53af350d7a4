package command

import (
	"fmt"
	"net"
	"strings"
)

// banner returns what a person who has started the server wants to know.
func banner(listening net.Addr, admin net.Addr, db *database, shared *sharedCache, c contents, authRequired bool) string {
	base := "http://" + reachable(listening)
	var b strings.Builder
	fmt.Fprintf(&b, "corpintel is ready.\n\n")
	fmt.Fprintf(&b, "  GraphQL    %s/graphql\n", base)
	fmt.Fprintf(&b, "  Explorer   %s/graphiql\n", base)
	fmt.Fprintf(&b, "  Health     http://%s/readyz\n", reachable(admin))
	fmt.Fprintf(&b, "  Database   %s\n", db.place)
	fmt.Fprintf(&b, "  Cache      %s\n", shared.place)
	fmt.Fprintf(&b, "  Data       %s companies, %s filings, %s values\n\n", c.companies, c.filings, c.values)
	fmt.Fprintf(&b, "Try:\n\n")
	key := ""
	if authRequired {
		fmt.Fprintf(&b, "  KEY=$(corpintel client create --name me --role analyst)\n")
		key = ` -H "x-api-key: $KEY"`
	}
	fmt.Fprintf(&b, "  curl -s %s/graphql -H 'content-type: application/json'%s \\\n    -d '%s'\n", base, key, exampleBody(c))
	return b.String()
}

// exampleBody returns a request that has an answer in the database, as JSON.
func exampleBody(c contents) string {
	if c.ticker == "" {
		return `{"query":"{ companies(first: 3) { totalCount nodes { name cik } } }"}`
	}
	return `{"query":"{ company(ticker: \"` + c.ticker + `\") { name marketCap ` +
		`filings(first: 3) { nodes { form filedOn } } } }"}`
}

// reachable returns an address that a client on this machine can use: the loopback where the server listens everywhere.
func reachable(a net.Addr) string {
	host, port, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
