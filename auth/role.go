package auth

import (
	"fmt"
	"strings"
)

// Role is what a client is there for. It decides what the client may do.
type Role string

// The roles.
const (
	RoleDashboard Role = "dashboard" // a page of ours: the same operations again and again
	RoleAnalyst   Role = "analyst"   // a person who explores
	RolePartner   Role = "partner"   // another company, which runs what was registered for it
	RoleAdmin     Role = "admin"     // whoever operates the server
)

// Roles returns all roles, in the order in which they are told to people.
func Roles() []Role { return []Role{RoleDashboard, RoleAnalyst, RolePartner, RoleAdmin} }

// ParseRole returns the role of that name. The error lists those that there are.
func ParseRole(name string) (Role, error) { return oneOf("role", name, Roles()) }

// DefaultMode returns the mode of a client for which none was chosen.
func (r Role) DefaultMode() Mode {
	switch r {
	case RoleAnalyst, RoleAdmin:
		return ModeOpen
	case RoleDashboard:
		return ModeMatchText
	case RolePartner:
		return ModeIDOnly
	default:
		return ModeIDOnly
	}
}

// Permissions are what a role allows beyond asking.
type Permissions struct {
	Introspection bool  // __schema and __type
	Suggestions   bool  // "Did you mean" in errors, which tell names of the schema
	Explain       bool  // how an operation was executed
	Statements    bool  // with Explain: the text of its statements, and their plans
	Budget        int64 // cost that may be spent in a minute; 0: without limit
}

// Permissions returns what r allows. A role that is none allows nothing and has the smallest budget.
func (r Role) Permissions() Permissions {
	switch r {
	case RoleAdmin:
		return Permissions{Introspection: true, Suggestions: true, Explain: true, Statements: true}
	case RoleAnalyst:
		return Permissions{Introspection: true, Suggestions: true, Explain: true, Budget: 10_000_000}
	case RoleDashboard:
		return Permissions{Budget: 30_000_000}
	case RolePartner:
		return Permissions{Budget: 5_000_000}
	default:
		return Permissions{Budget: 5_000_000}
	}
}

// Mode says which operations a client may run.
type Mode string

// The modes, from the widest to the narrowest.
const (
	ModeOpen      Mode = "open"       // any
	ModeLogOnly   Mode = "log_only"   // any; those that are not registered are logged
	ModeMatchText Mode = "match_text" // registered ones, called by id or by their text
	ModeIDOnly    Mode = "id_only"    // registered ones, called by id
)

// Modes returns all modes, from the widest to the narrowest.
func Modes() []Mode { return []Mode{ModeOpen, ModeLogOnly, ModeMatchText, ModeIDOnly} }

// ParseMode returns the mode of that name. The error lists those that there are.
func ParseMode(name string) (Mode, error) { return oneOf("mode", name, Modes()) }

// FreeText reports whether operations are run that nobody registered.
func (m Mode) FreeText() bool { return m == ModeOpen || m == ModeLogOnly }

// oneOf returns the value of a name, which is spelt as it is.
func oneOf[T ~string](what, name string, all []T) (T, error) {
	names := make([]string, len(all))
	for i, value := range all {
		if string(value) == name {
			return value, nil
		}
		names[i] = string(value)
	}
	return "", fmt.Errorf("%q is no %s: want %s", name, what, strings.Join(names, ", "))
}
