package randomquery_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// comparison holds servers and the reference against each other.
type comparison struct {
	*reference
	server   *server // as it is run
	executor *server // without the renderer
	data     *data
}

// answer is what a server says to an operation.
type answer struct {
	body       []byte
	statements []string
	unprimed   int64
}

func (s *server) ask(t *testing.T, op operation) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": op.document, "operationName": op.name, "variables": op.variables})
	if err != nil {
		t.Fatal(err)
	}
	s.statements.take()
	before := s.loaders.Unprimed()
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	return answer{recorder.Body.Bytes(), s.statements.take(), s.loaders.Unprimed() - before}
}

// errInvalid is an operation that does not fit the schema, or is larger than the server takes.
var errInvalid = errors.New("invalid operation")

// tooLarge matches the answer to an operation that was not executed for its size.
var tooLarge = regexp.MustCompile(`^\{"errors":\[\{[^[]*"code":"(LIMIT|COMPLEXITY_LIMIT)_EXCEEDED".*\]\}$`)

// want is what the reference says: the data with marks, the errors, and how many statements there may be.
type want struct {
	data       []byte
	faults     []fault
	statements int
}

// expect returns what the reference says to an operation. The error is one of the generator or of the reference.
func (c *comparison) expect(op operation) (want, error) {
	document, errs := gqlparser.LoadQueryWithRules(c.schema, op.document, nil)
	if len(errs) > 0 {
		return want{}, fmt.Errorf("%w: %w", errInvalid, errs)
	}
	main := document.Operations.ForName(op.name)
	if op.name == "" {
		main = document.Operations[0]
	}
	variables, err := validator.VariableValues(c.schema, main, decoded(op.variables))
	if err != nil {
		return want{}, fmt.Errorf("%w: variables: %w", errInvalid, err)
	}
	e := &execution{reference: c.reference, document: document, variables: variables}
	data := e.run(main)
	return want{data, e.faults, e.bound(main)}, e.unknown
}

// decoded returns variables as the server reads them.
func decoded(variables map[string]any) map[string]any {
	text, _ := json.Marshal(variables) // they are decoded JSON
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	out := map[string]any{}
	_ = decoder.Decode(&out)
	return out
}

// mismatch is how an answer is not what it should be.
type mismatch struct {
	kind string // the same kind is looked for when an operation is made smaller
	err  error
}

// check sends an operation, twice and past the renderer, and compares the answers; nil when all is well.
func (c *comparison) check(op operation) *mismatch {
	want, err := c.expect(op)
	if errors.Is(err, errInvalid) {
		return &mismatch{"invalid", err}
	}
	if err != nil {
		return &mismatch{"reference", err}
	}
	cold, warm, plain := c.server.ask(c.t, op), c.server.ask(c.t, op), c.executor.ask(c.t, op)
	if tooLarge.Match(cold.body) {
		return &mismatch{"invalid", fmt.Errorf("%w: %s", errInvalid, clip(cold.body))}
	}
	if m := c.compare(want, cold); m != nil {
		return m
	}
	for kind, other := range map[string]answer{"warm": warm, "executor": plain} {
		if !bytes.Equal(cold.body, other.body) {
			return &mismatch{kind, fmt.Errorf("another answer: %w", differ(cold.body, other.body, nil))}
		}
		if len(cold.statements) != len(other.statements) || other.unprimed > 0 {
			return &mismatch{kind, fmt.Errorf("statements %s, else %s; %d unprimed",
				other.statements, cold.statements, other.unprimed)}
		}
	}
	return nil
}

func (c *comparison) compare(want want, got answer) *mismatch {
	data, faults, err := split(got.body)
	if err != nil {
		return &mismatch{"answer", err}
	}
	if err := c.slots.match(want.data, data); err != nil {
		return &mismatch{"data", err}
	}
	if len(want.faults) == 0 && !bytes.HasPrefix(got.body, []byte(`{"data":`)) {
		return &mismatch{"errors", fmt.Errorf("the answer has more than data: %s", clip(got.body))}
	}
	if w, g := summarize(want.faults), summarize(faults); w != g {
		return &mismatch{"errors", fmt.Errorf("want\n%s\ngot\n%s", w, g)}
	}
	if len(got.statements) > want.statements {
		return &mismatch{"statements", fmt.Errorf("%d statements, at most %d are needed: %s",
			len(got.statements), want.statements, strings.Join(got.statements, " "))}
	}
	if got.unprimed > 0 {
		return &mismatch{"unprimed", fmt.Errorf("%d keys were loaded that no resolver had looked ahead for", got.unprimed)}
	}
	return nil
}

// split returns the bytes of data and the errors of an answer.
func split(body []byte) (data []byte, faults []fault, err error) {
	var parsed struct {
		Data   json.RawMessage
		Errors []struct {
			Path       []any
			Extensions struct {
				Code       string
				MoreErrors int
			}
		}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&parsed); err != nil || parsed.Data == nil {
		return nil, nil, fmt.Errorf("no answer with data: %s", clip(body))
	}
	for _, e := range parsed.Errors {
		faults = append(faults, fault{e.Path, e.Extensions.Code})
		for range e.Extensions.MoreErrors {
			faults = append(faults, fault{nil, "more"})
		}
	}
	return parsed.Data, faults, nil
}

// summarize writes the first ten errors by path, indexes as numbers, and how many more there are.
func summarize(faults []fault) string {
	lines, more := []string{}, 0
	for _, f := range faults {
		if f.code == "more" {
			more++
			continue
		}
		path := ""
		for _, element := range f.path {
			if text := fmt.Sprint(element); strings.Trim(text, "0123456789") == "" {
				path += fmt.Sprintf("/%6s", text)
			} else {
				path += "/" + text
			}
		}
		lines = append(lines, path+" "+f.code)
	}
	slices.Sort(lines)
	const most = 10
	if len(lines) > most {
		more += len(lines) - most
		lines = lines[:most]
	}
	return fmt.Sprintf("%s\nand %d more", strings.Join(lines, "\n"), more)
}

// harvestList asks for the cursors of a list with arguments of the generator's.
func (c *comparison) harvestList(t *testing.T, of *ast.Definition, field *ast.FieldDefinition, seed uint64) {
	t.Helper()
	op, args := generateList(c.schema, c.data, of, field, seed)
	got := c.server.ask(t, op)
	if m := c.check(op); m != nil {
		t.Fatalf("harvest of %s.%s: %v\n%s", of.Name, field.Name, m.err, op)
	}
	var cursors []any
	for _, match := range cursorText.FindAllSubmatch(got.body, -1) {
		cursors = append(cursors, string(match[1]))
	}
	if len(cursors) > 0 {
		coordinate := of.Name + "." + field.Name
		c.data.lists[coordinate] = append(c.data.lists[coordinate], knownList{args, cursors})
	}
}
