package command

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// eachFlag calls do for each flag of the command line, with the arguments that name its command.
func eachFlag(t *testing.T, do func(command []string, flag *kong.Flag)) {
	t.Helper()
	parser, err := kong.New(new(commands), kong.Vars{"version": version()})
	if err != nil {
		t.Fatal(err)
	}
	var walk func(command []string, node *kong.Node)
	walk = func(command []string, node *kong.Node) {
		for _, flag := range node.Flags {
			if flag.Name != "help" {
				do(command, flag)
			}
		}
		for _, child := range node.Children {
			walk(append(slices.Clip(command), child.Name), child)
		}
	}
	walk(nil, parser.Model.Node)
}

// TestFlagsAreDocumented checks that docs/operating.md names each flag and each variable.
func TestFlagsAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := make(map[string]bool)
	for _, name := range regexp.MustCompile(`--[a-z][a-z-]*|\b[A-Z]+(?:_[A-Z]+)+\b`).FindAllString(string(text), -1) {
		documented[name] = true
	}
	flags := 0
	eachFlag(t, func(command []string, flag *kong.Flag) {
		flags++
		if !documented["--"+flag.Name] {
			t.Errorf("docs/operating.md does not name --%s of corpintel %s", flag.Name, strings.Join(command, " "))
		}
		if variable := flag.Tag.Get(settingTag); variable != "" && !documented[variable] {
			t.Errorf("docs/operating.md does not name %s", variable)
		}
	})
	if flags < 50 {
		t.Errorf("%d flags were seen", flags)
	}
}

// tooMuch is, by the placeholder of a flag that takes a number, what is beyond all that is allowed.
var tooMuch = map[string]string{
	"N": "99999999999999999999", "BYTES": "99999999999999999999", "COST": "99999999999999999999", "SHARE": "99999999999999999999",
	"DURATION": "999999h",
}

// TestMostIsNamed checks that all settings which take a number say what the most is that is allowed.
func TestMostIsNamed(t *testing.T) {
	t.Parallel()
	most := regexp.MustCompile(`from \d+ to \d+|at most (a year \()?\d+`)
	numbers := 0
	eachFlag(t, func(command []string, flag *kong.Flag) {
		value, isNumber := tooMuch[flag.PlaceHolder]
		if !isNumber {
			return
		}
		numbers++
		name, args, e := "--"+flag.Name, command, &Environment{}
		if variable := flag.Tag.Get(settingTag); variable != "" {
			name, e.Environ = variable, []string{variable + "=" + value}
		} else {
			args = append(slices.Clip(args), name+"="+value)
		}
		_, err := parse(new(commands), args, e)
		if err == nil || !strings.HasPrefix(err.Error(), name+": want ") || !most.MatchString(err.Error()) {
			t.Errorf("corpintel %s, %s=%s: %v", strings.Join(command, " "), name, value, err)
		}
	})
	if numbers < 20 {
		t.Errorf("%d settings were seen", numbers)
	}
}
