//go:build !unix

package embedded

import (
	"context"
	"fmt"
)

// Redis is a private Redis server; there is none on this system.
type Redis struct{}

// StartRedis returns ErrNoRedis.
func StartRedis(context.Context, RedisOptions) (*Redis, error) {
	return nil, fmt.Errorf("%w: it is not started on this system", ErrNoRedis)
}

// URL returns nothing.
func (*Redis) URL() string { return "" }

// Attached reports whether another process owns the server.
func (*Redis) Attached() bool { return false }

// PID returns 0.
func (*Redis) PID() int { return 0 }

// Stop does nothing.
func (*Redis) Stop() {}
