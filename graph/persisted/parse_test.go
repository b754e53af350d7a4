package persisted_test

import (
	"crypto/md5" //nolint:gosec // ids that Relay makes
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/corpintel/corpintel/graph/persisted"
)

// TestFiles reads what generate-persisted-query-manifest 1.4.0 and relay-compiler 21.0.1 made of operations on our schema.
func TestFiles(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]persisted.Entry{
		"testdata/apollo.json": {
			{ID: "59da172c903352e5aebc95e0f30eff008dfe567921ea97345961c94a0f50b5d7", Name: "CompanyPage", Type: "query", Line: 5},
			{ID: "462f88dc7801fd9dd4b830b18a9e258334a1ac12a32d3599b956fe2d69a915a3", Name: "Prices", Type: "query", Line: 11},
			{ID: "f2df8bc932561a326224142918cf3bfdb0b966ed7e0a4ff2ab98712ce2e66c86", Name: "Search", Type: "query", Line: 17},
		},
		"testdata/relay.json": {
			{ID: "8ec0fb20edc0ec384bfd00fa23079fa8", Line: 2}, {ID: "cb7a1f9839a86779243ba0976949e786", Line: 3},
		},
		"testdata/filings.graphql": {
			{ID: "7c18055ca11ee593e5b148f266078a707d7634b2461b71a9d031d1ba2d6e6059", Line: 1, Whole: true},
		},
	} {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		got, err := persisted.Parse(name, file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			if !strings.Contains(got[i].Text, "query ") || got[i].File != name {
				t.Errorf("%s: text %q of %s", name, got[i].Text, got[i].File)
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(persisted.Entry{}, "Text", "File")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// sha returns the SHA-256 of a text as an id.
func sha(text string) string {
	hash := persisted.Hash(text)
	return hex.EncodeToString(hash[:])
}

// operation writes one of an Apollo manifest.
func operation(id, name, kind, body string) string {
	members, err := json.Marshal(struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Type string `json:"type"`
		Body string `json:"body"`
	}{id, name, kind, body})
	if err != nil {
		panic(err)
	}
	return string(members)
}

// apollo writes a manifest, with an operation in each line from the second on.
func apollo(operations ...string) string {
	return `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [` + "\n" + strings.Join(operations, ",\n") + "]}"
}

const text = "query A { a }"

func TestAccepted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file, content string
		want          []string // ids
	}{
		"no space in a manifest": {"m.json", strings.ReplaceAll(apollo(operation(sha(text), "A", "query", text)), "\n", ""), []string{sha(text)}},
		"members that are not known": {
			"m.json", `{"x": {"y": [1, {}]}, "note": "operations", "operations": [{"z": null, "id": "` + sha(text) +
				`", "type": "query", "name": "A", "body": "` + text + `", "clientName": "web"}], "version": 1, "format": "apollo-persisted-query-manifest"}`,
			[]string{sha(text)},
		},
		"a map with ids of our own":   {"m.json", `{"a.b_c:d-1": "` + text + `", "2": "` + text + `"}`, []string{"a.b_c:d-1", "2"}},
		"a map with SHA-256":          {"persisted", ` { "` + sha(text) + `" : "` + text + `" } `, []string{sha(text)}},
		"ids as long as an MD5":       {"m.json", `{"` + strings.Repeat("0", 32) + `": "` + text + `"}`, []string{strings.Repeat("0", 32)}},
		"escapes of whole characters": {"m.json", `{"a": "# \ud83d\ude00 \\ud800 \u00e9\n{ a }"}`, []string{"a"}},
		"a document":                  {"dir/A.GRAPHQL", text, []string{sha(text)}},
		"a document in a .gql file":   {"a.gql", text + "\r\n", []string{sha(text + "\r\n")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, err := persisted.Parse(test.file, iotest.OneByteReader(strings.NewReader(test.content)))
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, e := range entries {
				ids = append(ids, e.ID)
			}
			if diff := cmp.Diff(test.want, ids); diff != "" {
				t.Errorf("ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	other := operation(sha(text), "A", "query", text)
	for name, test := range map[string]struct {
		content string
		want    string // the first faults, with | between them; begins of lines
	}{
		"empty":                 {"", "m.json: the file is empty"},
		"blank":                 {" \n\t", "m.json: the file is empty"},
		"byte order mark":       {"\ufeff{}", "m.json: the file begins with a byte order mark"},
		"UTF-16":                {"\xff\xfe{\x00", "m.json: the file is UTF-16"},
		"no UTF-8":              {"{\n\"a\": \"\xc3\"}", "m.json:2: bytes that are no UTF-8"},
		"no JSON":               {"<html>", "m.json:1:1: no JSON: invalid character '<'"},
		"no JSON further on":    {"{\n  \"a\": \"{ a }\",\n}", "m.json:3:1: no JSON: invalid character '}'"},
		"cut off":               {"{\n\"a\": \"{ a", "m.json:2:10: no JSON: it ends too early"},
		"cut off after a text":  {"{\"a\": \"{ a }\"\n", "m.json:2:1: no JSON: it ends too early"},
		"two values":            {`{"a": "{ a }"} {}`, "m.json:1: something stands after the value"},
		"a list":                {`[["a", "{ a }"]]`, "m.json:1: want a persisted query manifest of Apollo"},
		"a text":                {`"{ a }"`, "m.json:1: want a persisted query manifest of Apollo"},
		"no documents":          {`{}`, "m.json:1: the file has no documents"},
		"half a character":      {`{"a": "\ud83d"}`, "m.json:1: an escape is half a character"},
		"halves the wrong way":  {`{"a": "\ude00\ud83d"}`, "m.json:1: an escape is half a character"},
		"half a character name": {`{"\ud83d": ""}`, "m.json:1: an escape is half a character"},
		"nested deeply": {
			`{"operations": [], "x": ` + strings.Repeat("[", 100), "m.json:1: values lie more than 64 deep",
		},
		"a member twice": {
			"{\"a\": \"{ a }\",\n\"a\": \"{ a }\",\n\"b\": \"{ b }\",\n\"b\": \"{ c }\"}",
			`m.json:2: the member "a" is there a second time, the first is in line 1|m.json:4: the member "b" is there a second time`,
		},
		"an escaped member twice": {`{"a": "{ a }", "\u0061": "{ a }"}`, `m.json:1: the member "a" is there a second time`},
		"a value that is no text": {`{"a": "{ a }", "b": 1}`, `m.json:1: the value of "b" is no text`},
		"an object for a text":    {`{"a": {"b": "c"}}`, `m.json:1: the value of "a" is no text`},
		"an empty id":             {`{"": "{ a }"}`, `m.json:1: document "": an id has 1 to 128`},
		"an id with a blank":      {`{"a b": "{ a }"}`, `m.json:1: document "a b": an id has 1 to 128`},
		"an id of a terminal":     {`{"\u001b[2J": "{ a }"}`, `m.json:1: document "\x1b[2J": an id has 1 to 128`},
		"an id too long":          {`{"` + strings.Repeat("x", 129) + `": "{ a }"}`, `m.json:1: document xxx`},
		"an id with the prefix":   {`{"sha256:` + sha("{ a }") + `": "{ a }"}`, `m.json:1: document "sha256:`},
		"another hash":            {`{"` + sha("{ b }") + `": "{ a }"}`, "m.json:1: document " + sha("{ b }")[:12] + "…: the id is not the SHA-256 of the text, which is " + sha("{ a }")},
		"upper case": {
			`{"` + strings.ToUpper(sha("{ a }")) + `": "{ a }"}`, "m.json:1: document " + strings.ToUpper(sha("{ a }"))[:12] + "…: the id must be in lower case",
		},
		"one MD5 of three is wrong": {
			mapOf(map[string]string{hexMD5("{ a }"): "{ a }", hexMD5("{ b }"): "{ b }", hexMD5("{ c }"): "{ d }"}),
			"m.json:3: document " + hexMD5("{ c }")[:12] + "…: the id is not the MD5 of the text, as the other ids",
		},
		"an empty text": {`{"a": " \n"}`, "m.json:1: document a: the text is empty"},
		"a NUL":         {`{"a": "{ a }\u0000"}`, "m.json:1: document a: the text has a character NUL"},
		"a text too long": {
			`{"a": "` + strings.Repeat(" ", persisted.MaxTextBytes) + `x"}`, "m.json:1: document a: the text has 102401 bytes",
		},
		"another format":         {`{"format": "other", "version": 1, "operations": []}`, `m.json:1: the format "other" is not known: want`},
		"a format that is none":  {`{"format": [], "version": 1, "operations": []}`, `m.json:1: the format [ is not known: want`},
		"another version":        {`{"format": "apollo-persisted-query-manifest", "version": 2, "operations": [` + other + `]}`, "m.json:1: version 2 of the format is not known: want 1"},
		"a version of its own":   {`{"format": "apollo-persisted-query-manifest", "version": "1", "operations": []}`, "m.json:1: the manifest does not say its version"},
		"no format":              {`{"version": 2, "operations": [{"signature": "x"}]}`, "m.json:1: the manifest does not say its format: want"},
		"no version":             {`{"format": "apollo-persisted-query-manifest", "operations": []}`, "m.json:1: the manifest does not say its version: want 1"},
		"no operations":          {`{"format": "apollo-persisted-query-manifest", "version": 1}`, `m.json:1: the manifest has no list "operations"`},
		"operations are no list": {`{"format": "apollo-persisted-query-manifest", "version": 1, "operations": {}}`, `m.json:1: the manifest has no list "operations"`},
		"empty operations":       {apollo(), "m.json:1: the file has no documents"},
		"an operation is a text": {apollo(`"x"`, other), "m.json:2: an element of operations is no object"},
		"an operation without a body": {
			apollo(other, `{"id": "x", "name": "B", "type": "query"}`), "m.json:3: an operation has no body",
		},
		"a body that is no text": {
			apollo(`{"id": "x", "name": "B", "type": "query", "body": ["a"]}`), `m.json:2: "body" of an operation is no text`,
		},
		"a member of an operation twice": {
			apollo(`{"id": "x", "name": "B", "type": "query", "body": "{ a }", "id": "y"}`),
			`m.json:2: the member "id" is there a second time|m.json:2: document y (B): the id is not the SHA-256`,
		},
		"not the hash": {
			apollo(operation("CompanyPage", "A", "query", text)),
			"m.json:2: document CompanyPage (A): the id is not the SHA-256 of the text, which is " + sha(text),
		},
		"an id twice": {apollo(other, other), "m.json:3: document " + sha(text)[:12] + "… (A): the id is there a second time, the first is in line 2"},
		"no name": {
			apollo(operation(sha(text), "\x1b[2J", "query", text)), "m.json:2: document " + sha(text)[:12] + `…: "\x1b[2J" is no name of an operation`,
		},
		"no type": {apollo(operation(sha(text), "A", "fragment", text)), "m.json:2: document " + sha(text)[:12] + `… (A): "fragment" is no type`},
		"several": {
			apollo(operation("x", "A", "query", text), other, operation("y", "B", "query", "")),
			"m.json:2: document x (A): the id is not|m.json:4: document y (B): the text is empty",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFaults(t, "m.json", test.content, strings.Split(test.want, "|"))
		})
	}
	wantFaults(t, "a.graphql", "\ufeff{ a }", []string{"a.graphql: the file begins with a byte order mark"})
	wantFaults(t, "a.graphql", strings.Repeat("#", persisted.MaxTextBytes+1), []string{"a.graphql:1: the text has 102401 bytes"})
	wantFaults(t, "a.graphql", "{ a }\x00", []string{"a.graphql:1: the text has a character NUL"})
}

// wantFaults checks that the faults of a file begin as is wanted, and that there are no others.
func wantFaults(t *testing.T, name, content string, want []string) {
	t.Helper()
	_, err := persisted.Parse(name, strings.NewReader(content))
	var faults persisted.FileErrors
	if !errors.As(err, &faults) || len(faults) != len(want) {
		t.Fatalf("error %v, want %d faults", err, len(want))
	}
	for i, begin := range want {
		if !strings.HasPrefix(faults[i].Error(), begin) {
			t.Errorf("fault %q, want %q", faults[i], begin)
		}
	}
}

func hexMD5(text string) string {
	sum := md5.Sum([]byte(text)) //nolint:gosec // an id that Relay makes
	return hex.EncodeToString(sum[:])
}

// mapOf writes a map of Relay in the order of the texts, with a line for each from the first on.
func mapOf(texts map[string]string) string {
	var lines []string
	for _, text := range []string{"{ a }", "{ b }", "{ c }", "{ d }"} {
		for id, of := range texts {
			if of == text {
				lines = append(lines, fmt.Sprintf("%q: %q", id, text))
			}
		}
	}
	return "{" + strings.Join(lines, ",\n") + "}"
}

// TestBounds reads files at the bounds of what is read.
func TestBounds(t *testing.T) {
	t.Parallel()
	documents := func(n int) io.Reader {
		var b strings.Builder
		b.WriteString("{")
		for i := range n {
			fmt.Fprintf(&b, "%q: \"{ a }\",\n", strconv.Itoa(i))
		}
		return strings.NewReader(strings.TrimSuffix(b.String(), ",\n") + "}")
	}
	entries, err := persisted.Parse("m.json", documents(persisted.MaxDocuments))
	if err != nil || len(entries) != persisted.MaxDocuments {
		t.Errorf("%d entries, error %v", len(entries), err)
	}
	if last := entries[len(entries)-1]; last.Line != persisted.MaxDocuments {
		t.Errorf("the last one is in line %d, want %d", last.Line, persisted.MaxDocuments)
	}
	_, err = persisted.Parse("m.json", documents(persisted.MaxDocuments+1))
	if want := "m.json:20001: the file has more than 20000 documents: divide it"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, err = persisted.Parse("m.json", io.LimitReader(blanks{}, persisted.MaxFileBytes+1))
	if want := "m.json: the file is larger than 64 MiB: divide it"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	_, err = persisted.Parse("m.json", iotest.ErrReader(errors.New("input/output error")))
	if want := "m.json: input/output error"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestManyFaults checks that the faults of a file are not collected without end.
func TestManyFaults(t *testing.T) {
	t.Parallel()
	for name, line := range map[string]string{
		"wrong ids": `"%064d": "{ a }"`, "no texts": `"%d": 1`, "members of one name": `"a": "{ a }", "%[1]d": "{ a }"`,
	} {
		var lines []string
		for i := range 1000 {
			lines = append(lines, fmt.Sprintf(line, i))
		}
		_, err := persisted.Parse("m.json", strings.NewReader("{"+strings.Join(lines, ",\n")+"}"))
		var faults persisted.FileErrors
		if !errors.As(err, &faults) || len(faults) != 50 {
			t.Errorf("%s: %d faults, want 50", name, len(faults))
		}
	}
}

type blanks struct{}

func (blanks) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// FuzzParse holds what is read against encoding/json, which accepts more: what is accepted must be there.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/apollo.json", "testdata/relay.json"} {
		content, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	for _, content := range []string{
		`{"a": "{ a }", "a": 1}`, `{"operations": [{"id": "x"}, 1], "format": {}}`, `{"a": "\ud83d\ude00\u0000"}`, apollo(operation(sha(text), "A", "query", text)), `[`, `{"a":[[]`,
	} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		entries, err := persisted.Parse("m.json", strings.NewReader(string(content)))
		var faults persisted.FileErrors
		if err != nil && (!errors.As(err, &faults) || len(faults) == 0 || len(faults) > 50) {
			t.Fatalf("error %v", err)
		}
		lines := strings.Count(string(content), "\n") + 1
		for _, fault := range faults {
			if fault.File != "m.json" || fault.Line < 0 || fault.Line > lines || fault.Reason == "" || strings.ContainsAny(fault.Document, "\x00\x1b\n") {
				t.Errorf("fault %+v", fault)
			}
		}
		if err != nil {
			return
		}
		wantSame(t, content, entries)
	})
}

// wantSame checks that a file has just the entries.
func wantSame(t *testing.T, content []byte, entries []persisted.Entry) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(content, &members); err != nil {
		t.Fatalf("it was read, and is no JSON: %v", err)
	}
	texts := make(map[string]any)
	if operations, ok := members["operations"].([]any); ok {
		for _, o := range operations {
			o := o.(map[string]any)
			texts[o["id"].(string)] = o["body"]
		}
	} else {
		texts = members
	}
	got := make(map[string]any, len(entries))
	for _, e := range entries {
		got[e.ID] = e.Text
	}
	if diff := cmp.Diff(texts, got); diff != "" {
		t.Errorf("texts (-want +got):\n%s", diff)
	}
}
