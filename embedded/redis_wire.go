//go:build unix

package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// redisWait bounds what is said to a Redis over its socket.
const redisWait = 2 * time.Second

// pingRedis returns nil when a Redis answers on a socket.
func pingRedis(ctx context.Context, socket string) error {
	answer, err := sayToRedis(ctx, socket, "PING")
	if err == nil && answer != "+PONG" {
		return fmt.Errorf("it answers %.100q", answer)
	}
	return err
}

// shutdownRedis ends the Redis that listens on a socket, if one does, and removes what is left of it.
func shutdownRedis(ctx context.Context, socket string) error {
	_, err := sayToRedis(ctx, socket, "SHUTDOWN NOSAVE")
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, fs.ErrNotExist), // it has ended; there was none
		errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
	case err != nil:
		return fmt.Errorf("end an earlier Redis on %s: %w", socket, err)
	default:
		return fmt.Errorf("end an earlier Redis on %s: it goes on", socket)
	}
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// sayToRedis sends a line to the Redis on a socket and returns the first line of the answer.
func sayToRedis(ctx context.Context, socket, line string) (answer string, err error) {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	defer stop()
	if _, err := io.WriteString(conn, line+"\r\n"); err != nil {
		return "", err
	}
	answer, err = bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}
