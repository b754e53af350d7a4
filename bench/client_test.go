package bench_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"
)

// These are set in the environment of the processes that ask, and that load the data, which are this program again: what
// they cost must not count as the server's.
const (
	clientVariable = "CORPINTEL_BENCH_CLIENT"
	loadVariable   = "CORPINTEL_BENCH_LOAD" // URL of the database
)

func TestMain(m *testing.M) {
	err := error(nil)
	switch database := os.Getenv(loadVariable); {
	case database != "":
		err = load(context.Background(), database)
	case os.Getenv(clientVariable) != "":
		err = serveOrders(os.Stdin, os.Stdout)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// order tells the client what to ask, and how often.
type order struct {
	URL    string
	Bodies [][]byte
	Times  int
}

// atOnce is how many connections the client has, each asking one request after the other.
const atOnce = 8

// serveOrders is the client: it reads orders and writes how many nanoseconds each took.
func serveOrders(from io.Reader, to io.Writer) error {
	orders := json.NewDecoder(from)
	asking := &http.Client{Transport: &http.Transport{
		DisableCompression:  true, // the handlers have none
		MaxIdleConnsPerHost: atOnce,
	}}
	for {
		var o order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		start := time.Now()
		if err := o.run(asking); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(to, time.Since(start).Nanoseconds()); err != nil {
			return err
		}
	}
}

func (o order) run(asking *http.Client) error {
	var next atomic.Int64
	faults := make(chan error, atOnce)
	for range atOnce {
		go func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= o.Times {
					faults <- nil
					return
				}
				if err := ask(asking, o.URL, o.Bodies[i%len(o.Bodies)]); err != nil {
					faults <- err
					return
				}
			}
		}()
	}
	var err error
	for range atOnce {
		err = errors.Join(err, <-faults)
	}
	return err
}

func ask(asking *http.Client, url string, body []byte) error {
	response, err := asking.Post(url, "application/json", bytes.NewReader(body)) //nolint:noctx // the process is ended instead
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// client is the other process.
type client struct {
	orders  *json.Encoder
	answers *bufio.Reader
}

func startClient(t testing.TB) *client {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.CommandContext(t.Context(), program)
	process.Env = append(os.Environ(), clientVariable+"=1")
	process.Stderr = os.Stderr
	in, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // which ends it
		_ = process.Wait()
	})
	return &client{json.NewEncoder(in), bufio.NewReader(out)}
}

// do has the client ask and returns how long that took.
func (c *client) do(t testing.TB, o order) time.Duration {
	t.Helper()
	if err := c.orders.Encode(o); err != nil {
		t.Fatal(err)
	}
	var nanoseconds int64
	if _, err := fmt.Fscanln(c.answers, &nanoseconds); err != nil {
		t.Fatal(err)
	}
	return time.Duration(nanoseconds)
}
