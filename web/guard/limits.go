package guard

import "fmt"

// Limits are the most that a document may have. Zero means none at all, not no limit.
type Limits struct {
	// Tokens bounds the lexical tokens, comments included.
	Tokens int
	// Depth bounds how deep selections, lists and objects lie within each other, through fragments too.
	Depth int
	// Aliases bounds the fields that are renamed.
	Aliases int
	// Directives bounds the directives that are applied.
	Directives int
	// DirectivesPerLocation bounds those that are applied to one thing.
	DirectivesPerLocation int
	// RootFields bounds the fields of an operation's outermost level, through fragments too.
	RootFields int
	// Variables bounds the variables that are declared or used.
	Variables int
	// Expansion bounds the tokens of the document with its fragments written out wherever they are spread, for each
	// operation and each fragment. It is what validation and execution go through.
	Expansion int
}

// Defaults returns limits that leave honest documents an order of magnitude: large ones of a dashboard have some hundred
// tokens, the introspection query of a development tool has some 200.
func Defaults() Limits {
	return Limits{
		Tokens:                10_000,
		Depth:                 30,
		Aliases:               200,
		Directives:            200,
		DirectivesPerLocation: 10,
		RootFields:            50,
		Variables:             500,
		Expansion:             20_000,
	}
}

// MaxNameBytes bounds a name: whoever is told that a field does not exist is told which names are near, and nearness
// costs the product of two lengths.
const MaxNameBytes = 128

// Counts are what a document has of everything that has a limit.
type Counts struct {
	Tokens, Depth, Aliases, Directives, DirectivesPerLocation, RootFields, Variables, Expansion int
}

// ExcessError says that a document has more of something than its limit. How much more is not known: counting stops.
type ExcessError struct {
	Limit   string // its name: tokens, depth, aliases, directives, directivesPerLocation, rootFields, variables, expansion, nameBytes
	Maximum int
}

func (e *ExcessError) Error() string {
	return fmt.Sprintf("the document has more than %d %s", e.Maximum, e.what())
}

// what says what is limited, in words that go with a number.
func (e *ExcessError) what() string {
	switch e.Limit {
	case "depth":
		return "levels within each other"
	case "directivesPerLocation":
		return "directives at one place"
	case "rootFields":
		return "fields at the root of an operation"
	case "expansion":
		return "tokens when its fragments are written out"
	case "nameBytes":
		return "bytes in a name"
	default:
		return e.Limit
	}
}

// CycleError says that a fragment spreads itself, by way of others perhaps.
type CycleError struct{ Fragment string }

func (e *CycleError) Error() string {
	return fmt.Sprintf("Cannot spread fragment %q within itself.", e.Fragment)
}
