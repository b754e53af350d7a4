package auth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/auth"
)

func TestRoles(t *testing.T) {
	t.Parallel()
	type may struct {
		Mode        auth.Mode
		FreeText    bool
		Permissions auth.Permissions
	}
	want := map[auth.Role]may{
		auth.RoleDashboard: {auth.ModeMatchText, false, auth.Permissions{Budget: 30_000_000}},
		auth.RoleAnalyst:   {auth.ModeOpen, true, auth.Permissions{Introspection: true, Suggestions: true, Explain: true, Budget: 10_000_000}},
		auth.RolePartner:   {auth.ModeIDOnly, false, auth.Permissions{Budget: 5_000_000}},
		auth.RoleAdmin:     {auth.ModeOpen, true, auth.Permissions{Introspection: true, Suggestions: true, Explain: true, Statements: true}},
	}
	got := map[auth.Role]may{}
	for _, role := range auth.Roles() {
		mode := role.DefaultMode()
		got[role] = may{mode, mode.FreeText(), role.Permissions()}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	none := auth.Role("none")
	if diff := cmp.Diff(may{auth.ModeIDOnly, false, auth.Permissions{Budget: 5_000_000}},
		may{none.DefaultMode(), none.DefaultMode().FreeText(), none.Permissions()}); diff != "" {
		t.Errorf("what is no role may do more than a partner (-want +got):\n%s", diff)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	var free []auth.Mode
	for _, mode := range auth.Modes() {
		if mode.FreeText() {
			free = append(free, mode)
		}
	}
	if diff := cmp.Diff([]auth.Mode{auth.ModeOpen, auth.ModeLogOnly}, free); diff != "" {
		t.Errorf("modes of free text (-want +got):\n%s", diff)
	}
}

func TestParseNames(t *testing.T) {
	t.Parallel()
	for _, role := range auth.Roles() {
		if got, err := auth.ParseRole(string(role)); got != role || err != nil {
			t.Errorf("ParseRole(%q) = %q, %v", role, got, err)
		}
	}
	for _, mode := range auth.Modes() {
		if got, err := auth.ParseMode(string(mode)); got != mode || err != nil {
			t.Errorf("ParseMode(%q) = %q, %v", mode, got, err)
		}
	}
	_, err := auth.ParseRole("root")
	if want := `"root" is no role: want dashboard, analyst, partner, admin`; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	for _, name := range []string{"", "Open", "open ", "id-only"} {
		if _, err := auth.ParseMode(name); err == nil || !strings.HasSuffix(err.Error(), "want open, log_only, match_text, id_only") {
			t.Errorf("ParseMode(%q): error %v", name, err)
		}
	}
}

func TestViewer(t *testing.T) {
	t.Parallel()
	if got := auth.FromContext(t.Context()); got != nil {
		t.Errorf("viewer %v outside of a request", got)
	}
	viewer := &auth.Viewer{ClientID: 7, Client: "acme", Role: auth.RolePartner, Mode: auth.ModeIDOnly, Budget: 5}
	if got := auth.FromContext(auth.NewContext(t.Context(), viewer)); got != viewer {
		t.Errorf("viewer %v, want %v", got, viewer)
	}
	if diff := cmp.Diff(&auth.Viewer{Role: auth.RoleAnalyst, Mode: auth.ModeOpen}, auth.Anonymous()); diff != "" {
		t.Errorf("anonymous (-want +got):\n%s", diff)
	}
	if !auth.Anonymous().Permissions().Introspection {
		t.Error("an anonymous analyst may not introspect")
	}
}
