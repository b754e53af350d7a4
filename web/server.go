package web

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// headerTimeout and readTimeout bound how long a client may take to send a request.
	headerTimeout, readTimeout = 5 * time.Second, 15 * time.Second
	// writeTimeout bounds how long a client may take to receive an answer.
	writeTimeout = 60 * time.Second
	// idleTimeout is how long a connection may wait for its next request: longer than the common minute of load
	// balancers, which must be the ones to close.
	idleTimeout = 75 * time.Second
	// maxHeaderBytes bounds the header, so also the length of a query in a URL.
	maxHeaderBytes = 64 << 10
)

// NewServer returns a server for handler whose limits leave an operation requestTimeout. Requests run under base, which
// ends those in flight when it is cancelled.
func NewServer(base context.Context, handler http.Handler, requestTimeout time.Duration, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      readTimeout + requestTimeout + writeTimeout, // it runs from the end of the header
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
