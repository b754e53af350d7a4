package doctor

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestJudgements are those of states that a test cannot bring about.
func TestJudgements(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	long, streaming, behind := 45.0, "streaming", int64(512<<20)
	old := now.Add(-40 * 24 * time.Hour)
	for name, test := range map[string]struct {
		got  Finding
		want Status
	}{
		"young":                     {ageFinding("d", 100), OK},
		"old":                       {ageFinding("d", 700_000_000), Warn},
		"wraparound":                {ageFinding("d", 2_000_000_000), Fail},
		"few blocks":                {ratioFinding(10, 900_000, 1, "128MB"), OK},
		"many from memory":          {ratioFinding(990_000, 10_000, 1, "128MB"), OK},
		"many from elsewhere":       {ratioFinding(900_000, 100_000, 1, "128MB"), Warn},
		"room":                      {poolFinding(12, 97, 30, 24), OK},
		"no room for a release":     {poolFinding(12, 97, 70, 60), Warn},
		"nearly full":               {poolFinding(12, 97, 90, 12), Warn},
		"one server is too many":    {poolFinding(120, 97, 1, 0), Fail},
		"standby":                   {replica{Name: "s", State: &streaming}.judge(), OK},
		"standby behind":            {replica{Name: "s", State: &streaming, Behind: &behind}.judge(), Warn},
		"standby late":              {replica{Name: "s", State: &streaming, Seconds: &long}.judge(), Warn},
		"standby not to be seen":    {replica{Name: "s"}.judge(), Warn},
		"few dead":                  {upkeep{Live: 1e6, Dead: 1e5, Analyzed: &now}.judge(now), OK},
		"many dead":                 {upkeep{Live: 1e6, Dead: 1e6, Analyzed: &now}.judge(now), Warn},
		"never analyzed":            {upkeep{Live: 1e6}.judge(now), Warn},
		"much changed since":        {upkeep{Live: 1e6, Changed: 5e5, Analyzed: &now}.judge(now), Warn},
		"some dead for a long time": {upkeep{Live: 1e7, Dead: 2e5, Analyzed: &now, Vacuumed: &old}.judge(now), Warn},
	} {
		if test.got.Status != test.want || (test.got.Advice == "") != (test.want == OK) || test.got.What == "" && test.want != OK {
			t.Errorf("%s: %+v, want %s", name, test.got, test.want)
		}
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"-- name: FilingsPage\nselect 1": "FilingsPage",
		"select\n  1":                    "select 1",
	} {
		if diff := cmp.Diff(want, title(sql)); diff != "" {
			t.Error(diff)
		}
	}
}
