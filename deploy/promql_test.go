package deploy_test

import (
	"regexp"
	"slices"
	"strings"
)

// selector is what an expression selects of one metric.
type selector struct {
	metric   string
	matchers map[string]string // label to the value or the pattern that it is compared with
}

// expression is what an expression in PromQL refers to. Whether it is one is for promtool to say.
type expression struct {
	selectors []selector
	grouped   []string // labels of by, without, on, ignoring, group_left and group_right
}

var (
	tokenPattern = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[A-Za-z_:][A-Za-z0-9_:]*|\$\w+|[0-9.]+[a-z]*|=~|!~|!=|==|>=|<=|\S`)
	namePattern  = regexp.MustCompile(`^[A-Za-z_:][A-Za-z0-9_:]*$`)
)

// parseExpression reads an expression.
func parseExpression(text string) expression {
	tokens := tokenPattern.FindAllString(text, -1)
	at := func(i int) string {
		if i < len(tokens) {
			return tokens[i]
		}
		return ""
	}
	var e expression
	for i := 0; i < len(tokens); i++ {
		switch token := tokens[i]; {
		case token == "[":
			for at(i) != "]" && i < len(tokens) {
				i++
			}
		case slices.Contains([]string{"by", "without", "on", "ignoring", "group_left", "group_right"}, token):
			for i++; at(i) != ")" && i < len(tokens); i++ {
				if namePattern.MatchString(at(i)) {
					e.grouped = append(e.grouped, at(i))
				}
			}
		case slices.Contains([]string{"and", "or", "unless", "bool", "offset"}, token), !namePattern.MatchString(token), at(i+1) == "(",
			at(i+1) == "by", at(i+1) == "without":
		default:
			s := selector{metric: token, matchers: map[string]string{}}
			if at(i+1) == "{" {
				for i += 2; at(i) != "}" && i < len(tokens); i++ {
					if namePattern.MatchString(at(i)) {
						s.matchers[at(i)] = strings.Trim(at(i+2), `"`)
						i += 2
					}
				}
			}
			e.selectors = append(e.selectors, s)
		}
	}
	return e
}
