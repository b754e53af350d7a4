package auth

import "context"

// Viewer is who asks. It is not changed once it was made.
type Viewer struct {
	ClientID int64  // 0 for nobody in particular
	Client   string // name; empty for nobody in particular
	Role     Role
	Mode     Mode
	Budget   int64 // cost that may be spent in a minute; 0: without limit
}

// Anonymous returns the viewer of a server that asks for no keys: an analyst, never an admin, without a budget, since all who
// ask would share it.
func Anonymous() *Viewer { return &Viewer{Role: RoleAnalyst, Mode: ModeOpen} }

// Permissions returns what the role of v allows.
func (v *Viewer) Permissions() Permissions { return v.Role.Permissions() }

type viewerKey struct{}

// NewContext returns a context of a request of v.
func NewContext(ctx context.Context, v *Viewer) context.Context {
	return context.WithValue(ctx, viewerKey{}, v)
}

// FromContext returns who asks; nil outside of a request.
func FromContext(ctx context.Context) *Viewer {
	v, _ := ctx.Value(viewerKey{}).(*Viewer)
	return v
}
