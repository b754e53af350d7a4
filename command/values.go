package command

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// address is where a server listens: host:port, an empty host for all of the machine's.
type address string

// UnmarshalText reads an address.
func (a *address) UnmarshalText(text []byte) error {
	_, port, err := net.SplitHostPort(string(text))
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("want host:port, such as 127.0.0.1:8080")
	}
	*a = address(text)
	return nil
}

// maxDuration bounds all durations that are settings: PostgreSQL takes no timeout of a statement that is longer than 24 days.
const maxDuration = 480 * time.Hour

// duration is a positive time.
type duration time.Duration

// UnmarshalText reads a duration.
func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed <= 0 || parsed > maxDuration {
		return errors.New("want a positive duration, such as 10s, at most 480h")
	}
	*d = duration(parsed)
	return nil
}

// count is a positive number.
type count int32

// UnmarshalText reads a count.
func (c *count) UnmarshalText(text []byte) error {
	parsed, err := strconv.ParseInt(string(text), 10, 32)
	if err != nil || parsed < 1 {
		return fmt.Errorf("want a whole number from 1 to %d", math.MaxInt32)
	}
	*c = count(parsed)
	return nil
}

// level is the least level that is logged.
type level slog.Level

// UnmarshalText reads a level.
func (l *level) UnmarshalText(text []byte) error {
	if err := (*slog.Level)(l).UnmarshalText(text); err != nil {
		return errors.New("want debug, info, warn or error")
	}
	return nil
}

// databaseURL is where a PostgreSQL is, as libpq has it: a URL or key=value pairs. It holds a password, so errors say
// nothing of its text.
type databaseURL string

// UnmarshalText reads a databaseURL.
func (u *databaseURL) UnmarshalText(text []byte) error {
	const want = "want postgres://user:password@host:port/database"
	given := string(text)
	if scheme, _, isURL := strings.Cut(given, "://"); isURL {
		if scheme != "postgres" && scheme != "postgresql" {
			return errors.New(want)
		}
		if _, err := url.Parse(given); err != nil {
			return errors.New(want + ", with special characters of the password percent-encoded")
		}
	} else if !strings.Contains(given, "=") {
		return errors.New(want)
	}
	if _, err := pgconn.ParseConfig(given); err != nil {
		return errors.New(want + "; a part or a parameter of it is not valid")
	}
	*u = databaseURL(given)
	return nil
}

// place returns where u leads, for people: without user and password.
func (u databaseURL) place() string {
	config, err := pgconn.ParseConfig(string(u))
	if err != nil {
		return "PostgreSQL" // it was parsed before
	}
	return "PostgreSQL at " + net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))) + ", database " + config.Database
}
