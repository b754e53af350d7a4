package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// service is what tests look at of a service of compose.yaml.
type service struct {
	Image       string
	Build       struct{ Context, Dockerfile string }
	Restart     string
	ReadOnly    bool     `yaml:"read_only"`
	CapDrop     []string `yaml:"cap_drop"`
	SecurityOpt []string `yaml:"security_opt"`
	Privileged  bool
	Environment map[string]string
	Command     []string
	Ports       []string
	Volumes     []string
	Networks    []string
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Healthcheck struct{ Test []string }
	StopGrace   string `yaml:"stop_grace_period"`
	Deploy      struct {
		Resources struct {
			Limits struct {
				CPUs   string `yaml:"cpus"`
				Memory string
				PIDs   int `yaml:"pids"`
			}
		}
	}
}

type composition struct {
	Services map[string]service
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]any
}

func compose(t *testing.T) composition {
	t.Helper()
	var c composition
	readYAML(t, "compose.yaml", &c)
	if len(c.Services) != 7 {
		t.Fatalf("%d services", len(c.Services))
	}
	return c
}

// published are the services that are reached from outside.
var published = []string{"corpintel-a", "corpintel-b", "grafana"}

// pinned is an image with the version of one release.
var pinned = regexp.MustCompile(`^[a-z]+(/[a-z]+)?:v?\d+\.\d+\.\d+[\w.-]*$`)

// TestCompose checks that no service has more than it needs.
func TestCompose(t *testing.T) {
	t.Parallel()
	c := compose(t)
	for name, s := range c.Services {
		if ours := s.Build.Dockerfile != ""; !ours && !pinned.MatchString(s.Image) {
			t.Errorf("%s: image %s is of no particular release, or of another registry", name, s.Image)
		}
		if !s.ReadOnly || s.Privileged || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s is not hardened", name)
		}
		if len(s.Healthcheck.Test) < 2 || s.Restart == "" {
			t.Errorf("%s: nobody sees when it ends", name)
		}
		if l := s.Deploy.Resources.Limits; l.CPUs == "" || l.Memory == "" || l.PIDs == 0 {
			t.Errorf("%s has no limits: %+v", name, l)
		}
		if (len(s.Ports) > 0) != slices.Contains(published, name) {
			t.Errorf("%s publishes %v", name, s.Ports)
		}
		for _, port := range s.Ports {
			if !strings.HasPrefix(port, "${PUBLISH_ADDRESS:-127.0.0.1}:") {
				t.Errorf("%s: %s is published to all by default", name, port)
			}
		}
		c.checkReferences(t, name, s)
	}
	if !c.Networks["data"].Internal || !c.Networks["watch"].Internal {
		t.Error("the networks of databases and of metrics lead outside")
	}
}

// checkReferences looks for what a service refers to.
func (c composition) checkReferences(t *testing.T, name string, s service) {
	t.Helper()
	for other, on := range s.DependsOn {
		if _, ok := c.Services[other]; !ok || on.Condition != "service_healthy" {
			t.Errorf("%s depends on %s (%s)", name, other, on.Condition)
		}
	}
	for _, network := range s.Networks {
		if _, ok := c.Networks[network]; !ok {
			t.Errorf("%s: there is no network %s", name, network)
		}
	}
	for _, volume := range s.Volumes {
		from, _, _ := strings.Cut(volume, ":")
		if _, ok := c.Volumes[from]; ok {
			continue
		}
		if _, err := os.Stat(from); err != nil || !strings.HasSuffix(volume, ":ro") {
			t.Errorf("%s: volume %s is not there, or is written to", name, volume)
		}
	}
	if s.Build.Dockerfile != "" {
		if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var (
	variable = regexp.MustCompile(`\$\{(\w+)(:\?|:-[^}]*)?\}`)
	assigned = regexp.MustCompile(`(?m)^(\w+)=(.*)$`)
	setting  = regexp.MustCompile("`((?:CORPINTEL|DATABASE|REDIS)_[A-Z_]+)`")
)

// TestEnvironment checks that secrets are in no file, that the example has all variables, and that settings exist.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	example := map[string]string{}
	for _, m := range assigned.FindAllStringSubmatch(string(read(t, "env.example")), -1) {
		example[m[1]] = m[2]
	}
	asked := map[string]bool{}
	for _, m := range variable.FindAllStringSubmatch(string(read(t, "compose.yaml")), -1) {
		name, how := m[1], m[2]
		asked[name] = true
		value, ok := example[name]
		if secret := strings.HasSuffix(name, "PASSWORD"); !ok || secret != (value == "") || secret != (how == ":?") {
			t.Errorf("%s: in the example %q (%t), in compose.yaml %q", name, value, ok, how)
		}
	}
	for name := range example {
		if !asked[name] {
			t.Errorf("%s is not used", name)
		}
	}
	settings := map[string]bool{}
	for _, m := range setting.FindAllStringSubmatch(string(read(t, "../docs/operating.md")), -1) {
		settings[m[1]] = true
	}
	for name := range compose(t).Services["corpintel-a"].Environment {
		if !settings[name] {
			t.Errorf("%s is no setting", name)
		}
	}
	for _, m := range regexp.MustCompile(`CORPINTEL_\w+`).FindAllString(string(read(t, "Dockerfile"))+string(read(t, "corpintel.service")), -1) {
		if !settings[m] {
			t.Errorf("%s is no setting", m)
		}
	}
}

// number returns the number that follows a text in a file.
func number(t *testing.T, file, before string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)` + regexp.QuoteMeta(before) + `\s*(\d+)`).FindSubmatch(read(t, file))
	if m == nil {
		t.Fatalf("%s has no %s", file, before)
	}
	n, err := strconv.Atoi(string(m[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestConnections does the arithmetic of the pools.
func TestConnections(t *testing.T) {
	t.Parallel()
	c := compose(t)
	servers := 0
	pools := 0
	for name, s := range c.Services {
		if strings.HasPrefix(name, "corpintel-") {
			size, err := strconv.Atoi(s.Environment["CORPINTEL_POOL_SIZE"])
			if err != nil {
				t.Fatal(err)
			}
			servers++
			pools += size
		}
	}
	pooler := number(t, "pgbouncer/pgbouncer.ini", "default_pool_size =")
	if servers != 2 || pools > pooler {
		t.Errorf("%d servers have %d connections, the pooler %d", servers, pools, pooler)
	}
	// Each server has two connections beside its pool; migrations, imports and people have some too, and superusers three.
	if most, want := number(t, "compose.yaml", "max_connections="), pooler+2*servers+20+3; most < want {
		t.Errorf("PostgreSQL has %d connections, want %d", most, want)
	}
	if n := number(t, "pgbouncer/pgbouncer.ini", "max_prepared_statements ="); n < 200 {
		t.Errorf("PgBouncer keeps %d statements", n)
	}
}

// TestDrain checks that nobody kills a server that finishes requests.
func TestDrain(t *testing.T) {
	t.Parallel()
	s := compose(t).Services["corpintel-a"]
	unit := string(read(t, "corpintel.service"))
	grace := map[string][2]string{
		"compose.yaml":      {s.Environment["CORPINTEL_DRAIN_TIMEOUT"], s.StopGrace},
		"corpintel.service": {after(t, unit, "CORPINTEL_DRAIN_TIMEOUT="), after(t, unit, "TimeoutStopSec=")},
	}
	for name, g := range grace {
		drain, err := time.ParseDuration(g[0])
		stop, err2 := time.ParseDuration(g[1])
		if err != nil || err2 != nil || stop < drain+5*time.Second {
			t.Errorf("%s: drained for %s, killed after %s", name, g[0], g[1])
		}
	}
}

// after returns the word that follows a text.
func after(t *testing.T, text, before string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, before)
	if !found {
		t.Fatalf("there is no %s", before)
	}
	return strings.Fields(rest)[0]
}

// TestScraped checks that Prometheus scrapes each server where it serves metrics, by the names that rules and dashboards know.
func TestScraped(t *testing.T) {
	t.Parallel()
	var config struct {
		ScrapeConfigs []struct {
			JobName       string                       `yaml:"job_name"`
			StaticConfigs []struct{ Targets []string } `yaml:"static_configs"`
		} `yaml:"scrape_configs"`
	}
	readYAML(t, "prometheus/prometheus.yml", &config)
	var want []string
	c := compose(t)
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		if s := c.Services[name]; strings.HasPrefix(name, "corpintel-") {
			_, port, _ := strings.Cut(s.Environment["CORPINTEL_ADMIN_ADDR"], ":")
			want = append(want, name+":"+port)
		}
	}
	job := config.ScrapeConfigs[0]
	if got := job.StaticConfigs[0].Targets; job.JobName != "corpintel" || !slices.Equal(got, want) {
		t.Errorf("job %s scrapes %v, want %v", job.JobName, got, want)
	}
	var sources struct{ Datasources []struct{ UID, URL string } }
	readYAML(t, "grafana/provisioning/datasources/prometheus.yml", &sources)
	if got := fmt.Sprint(sources.Datasources); got != "[{prometheus http://prometheus:9090}]" {
		t.Errorf("Grafana asks %s", got)
	}
	for name := range dashboards(t) {
		if text := string(read(t, name)); strings.Count(text, `"uid": "prometheus"`) < 5 || strings.Contains(text, "${DS_") {
			t.Errorf("%s asks another source", name)
		}
	}
}
