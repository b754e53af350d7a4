package cache

import (
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	// dialTimeout and ioTimeout bound the parts of a call; callTimeout bounds it as a whole. A connection that took longer
	// than its caller could wait is there for the next one.
	dialTimeout = 100 * time.Millisecond
	ioTimeout   = 50 * time.Millisecond
)

// errURL is all that is said of a URL that cannot be: it holds a password.
var errURL = errors.New("want redis://user:password@host:port/db, rediss:// with TLS, unix:///path, " +
	"or several hosts with commas between them or ?cluster=true for a cluster")

// URL says where a Redis is.
type URL struct {
	options redis.Options
	addrs   []string
	cluster bool
}

// ParseURL reads the URL of a Redis: redis://user:password@host:port/db, with rediss instead over TLS, or
// unix:///path/to/socket. Several hosts with commas between them, or the parameter cluster=true, mean a cluster. Of other
// parameters those of go-redis's ParseURL are known; timeouts and retries are not among what they change.
// The error says nothing of the URL's text.
func ParseURL(text string) (URL, error) {
	first, others, err := splitHosts(text)
	if err != nil {
		return URL{}, err
	}
	parsed, err := url.Parse(first)
	if err != nil {
		return URL{}, errURL
	}
	query := parsed.Query()
	cluster := len(others) > 0
	switch query.Get("cluster") {
	case "true":
		cluster = true
	case "", "false":
	default:
		return URL{}, errURL
	}
	query.Del("cluster")
	parsed.RawQuery = query.Encode()
	options, err := redis.ParseURL(parsed.String())
	if err != nil || (cluster && (options.Network == "unix" || options.DB != 0)) {
		return URL{}, errURL
	}
	u := URL{options: *options, cluster: cluster, addrs: []string{options.Addr}}
	for _, host := range others {
		other, err := redis.ParseURL("redis://" + host)
		if err != nil || other.Username != "" || other.DB != 0 {
			return URL{}, errURL
		}
		u.addrs = append(u.addrs, other.Addr)
	}
	if options.Network != "unix" && slices.ContainsFunc(u.addrs, isNoAddress) {
		return URL{}, errURL
	}
	return u, nil
}

// isNoAddress reports whether an address has a port that cannot be.
func isNoAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return true
	}
	number, err := strconv.ParseUint(port, 10, 16)
	return err != nil || number == 0
}

// splitHosts returns a URL with the first of its hosts, and the others.
func splitHosts(text string) (first string, others []string, err error) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return "", nil, errURL
	}
	if scheme == "unix" {
		return text, nil, nil
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	user := ""
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, authority = authority[:at+1], authority[at+1:]
	}
	hosts := strings.Split(authority, ",")
	if slices.Contains(hosts, "") {
		return "", nil, errURL
	}
	return scheme + "://" + user + hosts[0] + rest[end:], hosts[1:], nil
}

// Place returns where the Redis is, for people: without user and password.
func (u URL) Place() string {
	switch {
	case u.cluster:
		return "Redis cluster at " + strings.Join(u.addrs, ", ")
	default:
		return "Redis at " + u.options.Addr
	}
}

// client returns a client that gives up soon: the defaults wait for 10 s where nobody answers, and try four times. It
// waits as long as patience says where that is longer than the usual.
func (u URL) client(patience time.Duration) redis.UniversalClient {
	o, dialTimeout, ioTimeout := u.options, max(dialTimeout, patience), max(ioTimeout, patience)
	if u.cluster {
		return redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: u.addrs, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, Protocol: o.Protocol,
			ClientName: "corpintel", DisableIdentity: true,
			DialTimeout: dialTimeout, ReadTimeout: ioTimeout, WriteTimeout: ioTimeout, PoolTimeout: ioTimeout,
			MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
			PoolSize: o.PoolSize, MaxActiveConns: o.MaxActiveConns,
			MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		})
	}
	o.ClientName, o.DisableIdentity = "corpintel", true
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = dialTimeout, ioTimeout, ioTimeout, ioTimeout
	o.MaxRetries, o.DialerRetries, o.ContextTimeoutEnabled = -1, 1, true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return redis.NewClient(&o)
}
