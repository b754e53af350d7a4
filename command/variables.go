package command

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"
)

const (
	// settingTag names, in a flag's struct tag, the environment variable that sets it too.
	settingTag = "setting"
	// prefix begins the names of all variables that are only ours.
	prefix = "CORPINTEL_"
	// testVariable is read by tests and means nothing to the program.
	testVariable = "CORPINTEL_TESTDATA"

	helpWidth = 100
)

// variables gives flags that are not on the command line the values of their environment variables. It takes the place
// of kong's own way, which reads the environment of the process.
type variables struct {
	environment *Environment
	used        []*kong.Flag // got their value here
}

var _ kong.Resolver = (*variables)(nil)

// Validate refuses variables that look like settings and are none: a misspelt one would be ignored silently otherwise.
func (v *variables) Validate(app *kong.Application) error {
	known := knownVariables(app.Node)
	for _, entry := range v.environment.Environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || name == testVariable || slices.Contains(known, name) {
			continue
		}
		return fmt.Errorf("%s is not a setting, did you mean %s?", name, nearest(name, known))
	}
	return nil
}

// Resolve returns the value of a flag's variable, nil if it is not set.
func (v *variables) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	value := v.environment.lookup(flag.Tag.Get(settingTag))
	if value == "" {
		return nil, nil
	}
	v.used = append(v.used, flag)
	return value, nil
}

// explain makes an error about a flag that got its value here name the variable instead.
func (v *variables) explain(err error) error {
	for _, flag := range v.used {
		if rest, found := strings.CutPrefix(err.Error(), flag.ShortSummary()); found && !startsWord(rest) {
			return errors.New(flag.Tag.Get(settingTag) + rest)
		}
	}
	return err
}

// startsWord reports whether text goes on with a character of a flag's name.
func startsWord(text string) bool {
	return text != "" && (text[0] == '-' || 'a' <= text[0] && text[0] <= 'z')
}

// knownVariables returns the variables of all flags below a node.
func knownVariables(node *kong.Node) []string {
	var known []string
	for _, flag := range node.Flags {
		if name := flag.Tag.Get(settingTag); name != "" {
			known = append(known, name)
		}
	}
	for _, child := range node.Children {
		known = append(known, knownVariables(child)...)
	}
	return known
}

// nearest returns the name that needs the fewest changes to become the one that was given.
func nearest(given string, names []string) string {
	return slices.MinFunc(names, func(a, b string) int {
		return levenshtein.ComputeDistance(given, a) - levenshtein.ComputeDistance(given, b)
	})
}

// helpWithVariable adds default and variable to the help of a flag.
func helpWithVariable(value *kong.Value) string {
	var more []string
	if value.HasDefault {
		more = append(more, "default "+value.Default)
	}
	if name := value.Tag.Get(settingTag); name != "" {
		more = append(more, "$"+name)
	}
	if len(more) == 0 {
		return value.Help
	}
	return strings.TrimSuffix(value.Help, ".") + " (" + strings.Join(more, ", ") + ")."
}
