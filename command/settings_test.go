package command_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestHelp compares the help of all commands, with the defaults of all settings, with what was agreed on.
func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "") // it would change the width
	var got strings.Builder
	for _, command := range []string{
		"", "serve", "migrate", "migrate up", "migrate down", "migrate status", "migrate timescale", "demo", "import", "import edgar",
		"import reference", "client", "client create", "client list", "client change", "client rotate", "client revoke", "documents",
		"documents publish", "documents list", "documents retire", "documents revoke", "documents usage", "documents check", "doctor",
		"schema", "health",
	} {
		got.WriteString("$ corpintel " + strings.TrimSpace(command+" --help") + "\n")
		got.WriteString(mustRun(t, nil, append(strings.Fields(command), "--help")...) + "\n")
	}
	golden := filepath.Join("testdata", "help.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("help (-want +got), -update accepts it:\n%s", diff)
	}
}

// TestRefusedSettings checks that nothing is begun with a setting that is wrong, and that the sentence names it.
func TestRefusedSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		environ []string
		args    []string
		want    string
	}{
		"unknown flag":      {nil, []string{"--adr", "x"}, `unknown flag --adr, did you mean "--addr"?`},
		"unknown command":   {nil, []string{"sreve"}, `unexpected argument sreve`},
		"unknown variable":  {[]string{"CORPINTEL_ADR=x"}, nil, "CORPINTEL_ADR is not a setting, did you mean CORPINTEL_ADDR?"},
		"trusted proxies":   {[]string{"CORPINTEL_TRUSTED_PROXIES=x"}, nil, "CORPINTEL_TRUSTED_PROXIES: want addresses and networks such as"},
		"origin":            {[]string{"CORPINTEL_CORS_ORIGINS=https://a.example,b.example"}, nil, "CORPINTEL_CORS_ORIGINS: want origins such as"},
		"origin with path":  {nil, []string{"--cors-origins=https://a.example/x"}, "--cors-origins: want origins such as"},
		"host with port":    {[]string{"CORPINTEL_ALLOWED_HOSTS=a.example:80"}, nil, "CORPINTEL_ALLOWED_HOSTS: want names of hosts"},
		"body":              {[]string{"CORPINTEL_MAX_BODY=1MB"}, nil, "CORPINTEL_MAX_BODY: want a positive number of bytes"},
		"tokens":            {[]string{"CORPINTEL_MAX_TOKENS=0"}, nil, "CORPINTEL_MAX_TOKENS: want a whole number from 1"},
		"memory":            {nil, []string{"--memory-limit=half"}, "--memory-limit: want a positive number of bytes"},
		"of all commands":   {[]string{"CORPINTEL_X=1"}, []string{"migrate", "status"}, "CORPINTEL_X is not a setting"},
		"address":           {[]string{"CORPINTEL_ADDR=nowhere"}, nil, "CORPINTEL_ADDR: want host:port, such as 127.0.0.1:8080"},
		"address by flag":   {nil, []string{"--addr=nowhere"}, "--addr: want host:port, such as 127.0.0.1:8080"},
		"flag before":       {[]string{"CORPINTEL_ADDR=:1"}, []string{"--addr=x"}, "--addr: want host:port"},
		"port":              {[]string{"CORPINTEL_ADMIN_ADDR=:99999"}, nil, "CORPINTEL_ADMIN_ADDR: want host:port"},
		"named port":        {[]string{"CORPINTEL_ADMIN_ADDR=:http"}, nil, "CORPINTEL_ADMIN_ADDR: want host:port"},
		"timeout":           {[]string{"CORPINTEL_REQUEST_TIMEOUT=0s"}, nil, "CORPINTEL_REQUEST_TIMEOUT: want a positive duration"},
		"timeout, no unit":  {[]string{"CORPINTEL_REQUEST_TIMEOUT=10"}, nil, "CORPINTEL_REQUEST_TIMEOUT: want a positive duration"},
		"pool size":         {[]string{"CORPINTEL_POOL_SIZE=0"}, nil, "CORPINTEL_POOL_SIZE: want a whole number from 1"},
		"concurrency":       {[]string{"CORPINTEL_MAX_CONCURRENCY=0"}, nil, "CORPINTEL_MAX_CONCURRENCY: want a whole number from 1 to 100000, auto or off"},
		"concurrency, text": {nil, []string{"--max-concurrency=many"}, "--max-concurrency: want a whole number from 1 to 100000, auto or off"},
		"queue wait":        {[]string{"CORPINTEL_MAX_QUEUE_WAIT=0s"}, nil, "CORPINTEL_MAX_QUEUE_WAIT: want a positive duration"},
		"auth":              {[]string{"CORPINTEL_AUTH=on"}, nil, "CORPINTEL_AUTH: want off or required"},
		"auth by flag":      {nil, []string{"serve", "--auth=OFF"}, "--auth: want off or required"},
		"client, no name":   {nil, []string{"client", "create", "--role=admin"}, "missing flags: --name=NAME"},
		"client name":       {nil, []string{"client", "create", "--name=Acme Corp", "--role=admin"}, "--name: want up to 63 lower-case letters, digits"},
		"client name empty": {nil, []string{"client", "rotate", "--name="}, "--name: want up to 63 lower-case letters, digits"},
		"client anonymous":  {nil, []string{"client", "create", "--name=anonymous", "--role=admin"}, "--name: metrics have anonymous for requests of no client"},
		"client other":      {nil, []string{"client", "create", "--name=other", "--role=admin"}, "--name: metrics have other for requests of no client"},
		"client role":       {nil, []string{"client", "create", "--name=a", "--role=root"}, `--role: "root" is no role: want dashboard, analyst, partner, admin`},
		"client mode":       {nil, []string{"client", "create", "--name=a", "--role=admin", "--mode=all"}, `--mode: "all" is no mode: want open, log_only, match_text, id_only`},
		"client budget":     {nil, []string{"client", "create", "--name=a", "--role=admin", "--budget=0"}, "--budget: want a whole number from 1 to 50000000000"},
		"change nothing":    {nil, []string{"client", "change", "--name=a"}, "client change: nothing to change: give --role, --mode or --budget"},
		"change budget":     {nil, []string{"client", "change", "--name=a", "--budget=none"}, "--budget: want a whole number from 1 to 50000000000, or default"},
		"client grace":      {nil, []string{"client", "rotate", "--name=a", "--grace=9000h"}, "--grace: want a duration such as 24h, 0 for none, at most a year"},
		"client, grace -1":  {nil, []string{"client", "rotate", "--name=a", "--grace=-1s"}, "--grace: want a duration such as 24h, 0 for none, at most a year"},
		"revoke nothing":    {nil, []string{"client", "revoke"}, "missing flags: --name=NAME or --key=PREFIX"},
		"revoke both":       {nil, []string{"client", "revoke", "--name=a", "--key=0123456789"}, "--name and --key can't be used together"},
		"revoke a non-key":  {nil, []string{"client", "revoke", "--key=ci_live_S3CRET"}, "--key: want the ten letters and digits behind ci_live_"},
		"log format":        {[]string{"CORPINTEL_LOG_FORMAT=xml"}, nil, `CORPINTEL_LOG_FORMAT must be one of "text","json"`},
		"log level":         {[]string{"CORPINTEL_LOG_LEVEL=loud"}, nil, "CORPINTEL_LOG_LEVEL: want debug, info, warn or error"},
		"direct URL alone":  {[]string{"DATABASE_DIRECT_URL=postgres://h/d"}, nil, "DATABASE_DIRECT_URL goes with DATABASE_URL"},
		"as-of":             {nil, []string{"import", "edgar", "--as-of=30.7.2026", "x"}, "--as-of: date"},
		"only, a CIK":       {nil, []string{"import", "edgar", "--only=320193,AAPL", "x"}, `--only: CIK "AAPL": want one to ten digits, not all zero`},
		"only, nobody":      {nil, []string{"import", "edgar", "--only=", "x"}, `--only: CIK "": want one to ten digits`},
		"only, zero":        {nil, []string{"import", "edgar", "--only=0,1", "x"}, `--only: CIK "0": want one to ten digits`},
		"wait":              {nil, []string{"import", "prices", "--wait=forever", "x"}, "--wait: want a positive duration, such as 10s"},
		"nothing to import": {nil, []string{"import", "edgar"}, `expected "<path> ..."`},
		"no reference file": {nil, []string{"import", "reference"}, `expected "<file> ..."`},
		"no client":         {nil, []string{"documents", "publish", "x.json"}, "missing flags: --client=NAME"},
		"no documents":      {nil, []string{"documents", "publish", "--client=x"}, `expected "<file> ..."`},
		"no day":            {nil, []string{"documents", "retire", "--client=x", "y"}, "missing flags: --on=DATE"},
		"a day":             {nil, []string{"documents", "retire", "--client=x", "--on=soon", "y"}, "--on: date"},
		"no id":             {nil, []string{"documents", "revoke", "--client=x"}, `expected "<id> ..."`},
		"unused since":      {nil, []string{"documents", "usage", "--unused-since=July"}, "--unused-since: date"},
		"no schema":         {nil, []string{"documents", "check"}, "missing flags: --schema=FILE"},
		"sampling":          {[]string{"CORPINTEL_TRACE_SAMPLING=2"}, nil, "CORPINTEL_TRACE_SAMPLING: want a number from 0 to 1"},
		"sampling, NaN":     {nil, []string{"--trace-sampling=nan"}, "--trace-sampling: want a number from 0 to 1"},
		"collector":         {[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=user:S3CRET@h:4317"}, nil, "OTEL_EXPORTER_OTLP_ENDPOINT: want http://host:port, or https"},
		"collector's path":  {[]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=unix:///x"}, nil, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: want http://host:port"},
		"protocol":          {[]string{"OTEL_EXPORTER_OTLP_PROTOCOL=http/json"}, nil, `OTEL_EXPORTER_OTLP_PROTOCOL must be one of "http/protobuf","grpc"`},
		"profile seconds":   {nil, []string{"profile", "--seconds=301"}, "--seconds: want a whole number from 1 to 300"},
		"pool size, most":   {[]string{"CORPINTEL_POOL_SIZE=3000000000"}, nil, "CORPINTEL_POOL_SIZE: want a whole number from 1 to 2147483647"},
		"companies":         {nil, []string{"demo", "--companies=-1"}, "--companies: want a whole number from 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := run(t, test.environ, test.args...)
			if code != 2 {
				t.Errorf("exit code %d, want 2", code)
			}
			wantContains(t, stderr, "corpintel: "+test.want)
			if strings.Count(stderr, "\n") != 1 || stdout != "" {
				t.Errorf("want one line: %s%s", stdout, stderr)
			}
		})
	}
}

// TestMalformedDatabaseURL checks that a password is never shown.
func TestMalformedDatabaseURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://user:S3CRET@host:99999/db",
		"postgres://user:S3CRET%zz@host/db",
		"postgres://user:S3CRET@ho st/db",
		"postgres://user:S3CRET@host/db?sslmode=S3CRET",
		"postgres://user:S3CRET@host/db?connect_timeout=S3CRET",
		"postgres:/user:S3CRET@host/db",
		"mysql://user:S3CRET@host/db",
		"user:S3CRET@host/db",
		"host=h password=S3CRET port=x",
		"host=h password='S3CRET",
	} {
		for _, variable := range []string{"DATABASE_URL", "DATABASE_DIRECT_URL"} {
			environ := []string{variable + "=" + url}
			if variable == "DATABASE_DIRECT_URL" {
				environ = append(environ, "DATABASE_URL=postgres://h/d")
			}
			code, stdout, stderr := run(t, environ, "migrate", "status")
			if code != 2 {
				t.Errorf("%s: exit code %d, want 2", url, code)
			}
			wantContains(t, stderr, "corpintel: "+variable+": want postgres://user:password@host:port/database")
			if strings.Contains(stdout+stderr, "S3CRET") {
				t.Errorf("%s: the password is shown: %s", url, stderr)
			}
		}
	}
}

// TestUnreachableDatabase checks that a password is not shown when the database does not answer either.
func TestUnreachableDatabase(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"migrate", "status"}, {"migrate", "up"}, {"serve"}, {"demo"}} {
		code, stdout, stderr := run(t,
			onFreePorts("DATABASE_URL=postgres://user:S3CRET@127.0.0.1:1/db?connect_timeout=5"), args...)
		if code != 1 {
			t.Errorf("%v: exit code %d, want 1", args, code)
		}
		wantContains(t, stderr, "corpintel: ", "127.0.0.1")
		if strings.Contains(stdout+stderr, "S3CRET") {
			t.Errorf("%v: the password is shown: %s", args, stderr)
		}
	}
}
