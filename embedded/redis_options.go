package embedded

import (
	"errors"
	"log/slog"
)

// ErrNoRedis means that no usable redis-server is installed. The message says what was looked for.
var ErrNoRedis = errors.New("no redis-server found")

// RedisOptions says where and how to run a Redis.
type RedisOptions struct {
	// Dir is the folder for socket, log and lock; it is made when it is not there.
	Dir string
	// Path is a list of folders as in $PATH, where the program is looked for first.
	Path string
	// Logger is told of starts and unexpected ends; nil discards.
	Logger *slog.Logger
}
