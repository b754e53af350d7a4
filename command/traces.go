package command

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/corpintel/corpintel/telemetry"
)

// traceFlags say what is traced, and where traces are sent. The variables are OpenTelemetry's, which reads further ones.
type traceFlags struct {
	Endpoint       collectorURL `name:"otlp-endpoint" setting:"OTEL_EXPORTER_OTLP_ENDPOINT" placeholder:"URL" help:"Collector that takes traces by OTLP, such as http://127.0.0.1:4318. Default: there are no traces."`
	TracesEndpoint collectorURL `name:"otlp-traces-endpoint" setting:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" placeholder:"URL" help:"The same with the path for traces, instead of /v1/traces below it."`
	Protocol       string       `name:"otlp-protocol" setting:"OTEL_EXPORTER_OTLP_PROTOCOL" enum:"http/protobuf,grpc" default:"http/protobuf" placeholder:"NAME" help:"How the collector is asked: http/protobuf or grpc."`
	TracesProtocol string       `name:"otlp-traces-protocol" setting:"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL" enum:"auto,http/protobuf,grpc" default:"auto" placeholder:"NAME" help:"The same for traces; auto is as the one above."`
	Sampling       share        `name:"trace-sampling" setting:"CORPINTEL_TRACE_SAMPLING" default:"0.01" placeholder:"SHARE" help:"Share of requests that are traced, from 0 to 1. Trusted proxies may decide themselves, within limits."`
}

// collectorURL is where traces are sent. It may hold a password, so errors say nothing of its text.
type collectorURL string

// UnmarshalText reads a collectorURL.
func (u *collectorURL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		return errors.New("want http://host:port, or https")
	}
	*u = collectorURL(text)
	return nil
}

// share is a part of a whole.
type share float64

// UnmarshalText reads a share.
func (s *share) UnmarshalText(text []byte) error {
	parsed, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(parsed >= 0 && parsed <= 1) {
		return errors.New("want a number from 0 to 1, such as 0.01")
	}
	*s = share(parsed)
	return nil
}

// lastTraces is how long the end of the program waits for traces to be sent.
const lastTraces = 3 * time.Second

// open begins to trace, if there is a collector. The function that it returns sends what is left.
func (f traceFlags) open(
	ctx context.Context, e *Environment, t *telemetry.Telemetry, logger *slog.Logger,
) (end func(), err error) {
	off := strings.EqualFold(e.lookup("OTEL_SDK_DISABLED"), "true") || e.lookup("OTEL_TRACES_EXPORTER") == "none"
	endpoint, protocol := f.collector()
	if off || endpoint == "" {
		return func() {}, nil
	}
	send, err := t.OpenTraces(ctx, telemetry.TraceOptions{
		Endpoint: endpoint, GRPC: protocol == "grpc", Sampling: float64(f.Sampling), Now: e.Now,
	})
	if err != nil {
		return nil, err
	}
	logger.InfoContext(ctx, "requests are traced", slog.Float64("share", float64(f.Sampling)), slog.String("protocol", protocol))
	return func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastTraces)
		defer cancel()
		send(limited)
	}, nil
}

// collector returns where and how traces are sent; an empty endpoint where they are not.
func (f traceFlags) collector() (endpoint, protocol string) {
	protocol = f.Protocol
	if f.TracesProtocol != "auto" {
		protocol = f.TracesProtocol
	}
	switch {
	case f.TracesEndpoint != "":
		return string(f.TracesEndpoint), protocol
	case f.Endpoint != "" && protocol != "grpc":
		return strings.TrimSuffix(string(f.Endpoint), "/") + "/v1/traces", protocol
	default:
		return string(f.Endpoint), protocol
	}
}

// faultOf returns what kind of failure an error of the database is, without its text: PostgreSQL's code, where it has said one.
func faultOf(err error) string {
	if answered, ok := errors.AsType[*pgconn.PgError](err); ok {
		return answered.Code
	}
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "unavailable"
	}
}
