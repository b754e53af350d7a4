//go:build unix

package command_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/corpintel/corpintel/cache/cachetest"
	"github.com/corpintel/corpintel/store/storetest"
)

// tracedText is an operation with an argument in its text, and one in a variable.
const tracedText = `query Traced($first: Int!) {
  companies(first: $first) { nodes { name filings(first: 2, filter: {forms: ["10-K"]}) { nodes { form } } } }
}`

// ask sends a body with headers and returns the answer's status, body and traceresponse.
func (r *running) ask(t *testing.T, url, body string, headers map[string]string) (status int, answer, traceresponse string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if body == "" {
		request.Method, request.Body = http.MethodGet, http.NoBody
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	r.client.Transport = noting{r.client.Transport, &traceresponse}
	defer func() { r.client.Transport = r.client.Transport.(noting).RoundTripper }()
	status, answer = r.do(t, request)
	return status, answer, traceresponse
}

// noting notes what an answer says of its trace.
type noting struct {
	http.RoundTripper

	traceresponse *string
}

func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := n.RoundTripper.RoundTrip(r)
	if err == nil {
		*n.traceresponse = response.Header.Get("Traceresponse")
	}
	return response, err
}

// TestTrace follows a registered document from HTTP to SQL and Redis, as a collector sees it.
func TestTrace(t *testing.T) {
	t.Parallel()
	collector, redis := newCollector(t), cachetest.Start(t)
	database := "DATABASE_URL=" + storetest.New(t)
	mustRun(t, []string{database}, "demo", "--companies=20")
	key := createClient(t, []string{database}, "--name=acme", "--role=partner", "--mode=open")
	f := fleet{environ: []string{database}}
	id := f.publish(t, "acme", tracedText)
	server := serve(t, onFreePorts(database, "CORPINTEL_AUTH=required", "REDIS_URL="+redis.URL(), "CORPINTEL_LOG_FORMAT=json",
		"CORPINTEL_WARM_UP=0", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.http, "CORPINTEL_TRACE_SAMPLING=1"))

	const trace = "0af7651916cd43dd8448eb211c80319c"
	status, body, traceresponse := server.ask(t, server.base+"/graphql/d/"+id+`?variables={"first":3}`, "", map[string]string{
		"X-Api-Key": key, "Traceparent": "00-" + trace + "-b7ad6b7169203331-00", "Tracestate": "vendor=S3CRET-no-this-is-theirs",
	})
	if status != http.StatusOK || !strings.Contains(body, `"10-K"`) {
		t.Fatalf("%d %s", status, body)
	}
	got := collector.traceOf(t, trace)
	t.Logf("the trace:\n%s", got.tree(true))
	want := []string{
		"", "/DocumentText", "/Traced", "/Traced/Query.companies", "/Traced/Query.companies/CompaniesPageByName",
		"/Traced/Query.companies/FilingsOfCompaniesByForm", "/parse", "/read", "/render", "/validate",
	}
	paths, commands := got.paths()
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("spans, those of Redis aside (-want +got):\n%s", diff)
	}
	if !slices.Contains(commands, "/EVALSHA") || !slices.Contains(commands, "/GET") { // a budget, a text
		t.Errorf("commands to Redis: %q", commands)
	}
	if parent := string(got.root.GetParentSpanId()); parent != "\xb7\xad\x6b\x71\x69\x20\x33\x31" || got.root.GetTraceState() == "" {
		t.Errorf("the root has the parent %x and the state %q", parent, got.root.GetTraceState())
	}
	if !strings.HasPrefix(traceresponse, "00-"+trace+"-") || !strings.HasSuffix(traceresponse, "-01") {
		t.Errorf("traceresponse is %q", traceresponse)
	}
	for name, part := range map[string]map[string]string{
		got.root.GetName(): {
			"http.route": "/graphql/d/{documentId}", "http.response.status_code": "200", "graphql.operation.name": "Traced",
			"graphql.document.id": id, "corpintel.client": "acme", "corpintel.role": "partner", "corpintel.cache": "miss",
			"corpintel.outcome": "ok", "corpintel.statements": "3",
		},
	} {
		told := attributes(got.named(t, name).GetAttributes())
		for key, value := range part {
			if told[key] != value {
				t.Errorf("%s: %s is %q, want %q", name, key, told[key], value)
			}
		}
	}
	wantDiscreet(t, got, key)
	if _, again, parent := server.ask(t, server.base+"/graphql/d/"+id+`?variables={"first":3}`, "", map[string]string{"X-Api-Key": key}); again != body {
		t.Errorf("the second answer is another one: %s", again)
	} else {
		kept := collector.traceOf(t, strings.Split(parent, "-")[1])
		paths, _ := kept.paths()
		if diff := cmp.Diff([]string{"", "/cache", "/read"}, paths); diff != "" || attributes(kept.root.GetAttributes())["corpintel.cache"] != "memory" {
			t.Errorf("spans of a kept answer (-want +got):\n%s%s", diff, kept.tree(true))
		}
	}
	awaitTrue(t, "the log has no trace", func() bool { return strings.Contains(server.stderr.String(), `"traceId":"`+trace+`"`) })
	if collector.service != "corpintel" {
		t.Errorf("the service is %q", collector.service)
	}
}

// wantDiscreet checks that spans have nothing but names and numbers of what a client sent, and that they lie within their parents.
func wantDiscreet(t *testing.T, r *tracedRequest, secrets ...string) {
	t.Helper()
	for _, span := range r.all {
		for key, value := range attributes(span.GetAttributes()) {
			for _, secret := range append(secrets, "10-K", "{", "select") {
				if strings.Contains(value, secret) && key != "http.route" {
					t.Errorf("%s: %s has %q", span.GetName(), key, value)
				}
			}
			if strings.HasPrefix(key, "gql.resolver.args") || strings.HasPrefix(key, "gql.request") {
				t.Errorf("%s has %s", span.GetName(), key)
			}
		}
		for _, child := range r.children[string(span.GetSpanId())] {
			if attributes(child.GetAttributes())["db.system.name"] == "redis" {
				continue // for what is put there nobody waits
			}
			if child.GetStartTimeUnixNano() < span.GetStartTimeUnixNano() || child.GetEndTimeUnixNano() > span.GetEndTimeUnixNano() {
				t.Errorf("%s is not within %s", child.GetName(), span.GetName())
			}
		}
	}
}

// TestTraceByGRPC sends a trace over gRPC, which begins with the request.
func TestTraceByGRPC(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	server := serve(t, countedEverywhere(storetest.New(t), "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.grpc,
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "CORPINTEL_TRACE_SAMPLING=1"))
	body := `{"query":"query One { company(cik: 1) { name } }"}`
	_, _, traceresponse := server.ask(t, server.base+"/graphql", body, map[string]string{"Traceparent": "00-malformed"})
	parts := strings.Split(traceresponse, "-")
	if len(parts) != 4 {
		t.Fatalf("traceresponse is %q", traceresponse)
	}
	got := collector.traceOf(t, parts[1])
	if want := "POST /graphql\n  read\n  parse\n  validate\n  One\n    Query/company\n      CompanyByCIK\n  render\n"; got.tree(false) != want || len(got.root.GetParentSpanId()) != 0 {
		t.Errorf("want\n%sgot\n%s", want, got.tree(true))
	}
	if kind := got.named(t, "CompanyByCIK").GetKind(); kind != otlp.Span_SPAN_KIND_CLIENT {
		t.Errorf("the statement is %s", kind)
	}
	if told := attributes(got.named(t, "CompanyByCIK").GetAttributes()); told["db.response.returned_rows"] != "0" || told["db.system.name"] != "postgresql" {
		t.Errorf("the statement has %v", told)
	}
	server.interrupt()
	if code := server.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestTracedFault asks for what fails: the client is told the trace, which says no more than PostgreSQL's code.
func TestTracedFault(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	database, conn := newClients(t)
	server := serve(t, countedEverywhere(database, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="+collector.http+"/v1/traces", "CORPINTEL_TRACE_SAMPLING=1"))
	execute(t, conn, "alter table companies rename to elsewhere")
	const trace = "0af7651916cd43dd8448eb211c80319d"
	_, body, _ := server.ask(t, server.base+"/graphql", `{"query":"query Faulty { company(cik: 1) { name } }"}`,
		map[string]string{"Traceparent": "00-" + trace + "-b7ad6b7169203331-00"})
	wantContains(t, body, `"traceId":"`+trace+`"`)
	got := collector.traceOf(t, trace)
	statement := got.named(t, "CompanyByCIK")
	if told := attributes(statement.GetAttributes())["error.type"]; told != "42P01" || statement.GetStatus().GetCode() != otlp.Status_STATUS_CODE_ERROR {
		t.Errorf("the statement has the error %q and the status %v", told, statement.GetStatus())
	}
	if told := attributes(got.named(t, "Faulty").GetAttributes())["error.type"]; told != "INTERNAL" {
		t.Errorf("the operation has the error %q", told)
	}
	for _, span := range got.all {
		if text := span.String(); strings.Contains(text, "relation") || strings.Contains(text, "elsewhere") {
			t.Errorf("a span tells too much: %s", text)
		}
	}
}

// TestTraceFlags checks whose word counts: of a stranger not, of a trusted proxy within limits.
func TestTraceFlags(t *testing.T) {
	t.Parallel()
	database := storetest.New(t)
	const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, test := range map[string]struct {
		settings []string
		want     bool
	}{
		"stranger":      {nil, false},
		"trusted proxy": {[]string{"CORPINTEL_TRUSTED_PROXIES=127.0.0.0/8"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			collector := newCollector(t)
			server := serve(t, countedEverywhere(database, append(test.settings,
				"OTEL_EXPORTER_OTLP_ENDPOINT="+collector.http, "CORPINTEL_TRACE_SAMPLING=0", "CORPINTEL_LOG_FORMAT=json")...))
			const flood = 100
			traced := 0
			for range flood {
				_, _, traceresponse := server.ask(t, server.base+"/graphql", `{"query":"{ __typename }"}`, map[string]string{"Traceparent": sampled})
				if traceresponse != "" {
					traced++
				}
			}
			if (traced > 0) != test.want {
				t.Errorf("%d of %d requests are traced", traced, flood)
			}
			wantContains(t, server.stderr.String(), `"traceId":"0af7651916cd43dd8448eb211c80319c"`)
			server.interrupt()
			server.wait(t)
			if got := collector.count(); got > traced || test.want && got == 0 {
				t.Errorf("the collector has %d requests, want %d", got, traced)
			}
		})
	}
}

// TestCollectorAway checks that requests are answered, spans are counted, and the program ends, where no collector is.
func TestCollectorAway(t *testing.T) {
	t.Parallel()
	server := serve(t, countedEverywhere(storetest.New(t), "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "CORPINTEL_TRACE_SAMPLING=1"))
	for range 20 {
		if status, body := server.query(t, `{ company(cik: 1) { name } }`); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	server.interrupt()
	if code := server.wait(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	wantContains(t, server.stderr.String(), "traces cannot be sent, and are lost")
}
