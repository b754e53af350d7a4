package command_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	collect "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// collector takes traces by OTLP, over HTTP and over gRPC.
type collector struct {
	collect.UnimplementedTraceServiceServer

	http, grpc string // URLs

	mu      sync.Mutex
	spans   map[string]*otlp.Span // by their ids
	service string
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: map[string]*otlp.Span{}}
	overHTTP := httptest.NewServer(c)
	t.Cleanup(overHTTP.Close)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	overGRPC := grpc.NewServer()
	collect.RegisterTraceServiceServer(overGRPC, c)
	go func() { _ = overGRPC.Serve(listener) }()
	t.Cleanup(overGRPC.Stop)
	c.http, c.grpc = overHTTP.URL, "http://"+listener.Addr().String()
	return c
}

// ServeHTTP takes traces over HTTP.
func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unpacked
	}
	text, err := io.ReadAll(body)
	var request collect.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" ||
		proto.Unmarshal(text, &request) != nil {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.take(&request)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Export takes traces over gRPC.
func (c *collector) Export(_ context.Context, r *collect.ExportTraceServiceRequest) (*collect.ExportTraceServiceResponse, error) {
	c.take(r)
	return &collect.ExportTraceServiceResponse{}, nil
}

func (c *collector) take(r *collect.ExportTraceServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range r.GetResourceSpans() {
		c.service = attributes(resource.GetResource().GetAttributes())["service.name"]
		for _, scope := range resource.GetScopeSpans() {
			for _, span := range scope.GetSpans() {
				c.spans[string(span.GetSpanId())] = span
			}
		}
	}
}

func attributes(given []*common.KeyValue) map[string]string {
	values := map[string]string{}
	for _, a := range given {
		switch v := a.GetValue().GetValue().(type) {
		case *common.AnyValue_StringValue:
			values[a.GetKey()] = v.StringValue
		case *common.AnyValue_IntValue:
			values[a.GetKey()] = strconv.FormatInt(v.IntValue, 10)
		case *common.AnyValue_BoolValue:
			values[a.GetKey()] = strconv.FormatBool(v.BoolValue)
		default:
			values[a.GetKey()] = a.GetValue().String()
		}
	}
	return values
}

// traceOf returns the spans of a trace, once the one of the request is there: those before it have come.
func (c *collector) traceOf(t *testing.T, id string) *tracedRequest {
	t.Helper()
	var found *tracedRequest
	awaitTrue(t, "there is no trace "+id, func() bool {
		found = c.find(id)
		return found.root != nil
	})
	return found
}

func (c *collector) find(id string) *tracedRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := &tracedRequest{children: map[string][]*otlp.Span{}}
	for _, span := range c.spans {
		if hex.EncodeToString(span.GetTraceId()) != id {
			continue
		}
		found.all = append(found.all, span)
		if span.GetKind() == otlp.Span_SPAN_KIND_SERVER {
			found.root = span
		} else {
			found.children[string(span.GetParentSpanId())] = append(found.children[string(span.GetParentSpanId())], span)
		}
	}
	return found
}

// count returns how many requests were traced.
func (c *collector) count() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, span := range c.spans {
		if span.GetKind() == otlp.Span_SPAN_KIND_SERVER {
			n++
		}
	}
	return n
}

// tracedRequest is a trace.
type tracedRequest struct {
	root     *otlp.Span
	all      []*otlp.Span
	children map[string][]*otlp.Span
}

// tree writes names and attributes, each span below its parent; times too where they are wanted.
func (r *tracedRequest) tree(times bool) string {
	var text strings.Builder
	r.write(&text, r.root, 0, times)
	return text.String()
}

func (r *tracedRequest) write(to *strings.Builder, span *otlp.Span, depth int, times bool) {
	fmt.Fprintf(to, "%s%s", strings.Repeat("  ", depth), span.GetName())
	if times {
		ms := func(ns uint64) float64 { return float64(ns) / 1e6 }
		fmt.Fprintf(to, " [%.2f ms at %.2f]", ms(span.GetEndTimeUnixNano()-span.GetStartTimeUnixNano()),
			ms(span.GetStartTimeUnixNano()-r.root.GetStartTimeUnixNano()))
		told := attributes(span.GetAttributes())
		names := make([]string, 0, len(told))
		for name := range told {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(to, " %s=%s", name, told[name])
		}
	}
	to.WriteByte('\n')
	below := r.children[string(span.GetSpanId())]
	slices.SortFunc(below, func(a, b *otlp.Span) int {
		return cmp.Or(cmp.Compare(a.GetStartTimeUnixNano(), b.GetStartTimeUnixNano()), strings.Compare(a.GetName(), b.GetName()))
	})
	for _, child := range below {
		r.write(to, child, depth+1, times)
	}
}

// paths returns the names of the spans from below the root on, in order, those of Redis apart.
func (r *tracedRequest) paths() (ours, redis []string) {
	var walk func(span *otlp.Span, path string)
	walk = func(span *otlp.Span, path string) {
		if attributes(span.GetAttributes())["db.system.name"] == "redis" {
			redis = append(redis, path)
		} else {
			ours = append(ours, path)
		}
		for _, child := range r.children[string(span.GetSpanId())] {
			walk(child, path+"/"+strings.ReplaceAll(child.GetName(), "/", "."))
		}
	}
	walk(r.root, "")
	slices.Sort(ours)
	return ours, redis
}

// named returns the span of a name.
func (r *tracedRequest) named(t *testing.T, name string) *otlp.Span {
	t.Helper()
	for _, span := range r.all {
		if span.GetName() == name {
			return span
		}
	}
	t.Fatalf("there is no span %s:\n%s", name, r.tree(true))
	return nil
}
