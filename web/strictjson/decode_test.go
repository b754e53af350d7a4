package strictjson_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/web/strictjson"
)

func TestMap(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	for name, test := range map[string]struct {
		text   string
		want   map[string]any
		reason string
	}{
		"empty object": {` {} `, map[string]any{}, ""},
		"null":         {"\tnull\r\n", nil, ""},
		"values": {
			`{"a": [true, false, null, {}, []], "b": {"c": "d"}}`,
			map[string]any{"a": []any{true, false, nil, map[string]any{}, []any{}}, "b": map[string]any{"c": "d"}},
			"",
		},
		"numbers keep their text": {
			`{"a": 9007199254740993, "b": 1e999, "c": -0.10, "d": 1E+2}`,
			map[string]any{
				"a": json.Number("9007199254740993"), "b": json.Number("1e999"), "c": json.Number("-0.10"),
				"d": json.Number("1E+2"),
			},
			"",
		},
		"escapes":           {`{"\u0061\n": "\"\\\/\b\f\n\r\té\ud83d\ude00\u20AC€"}`, map[string]any{"a\n": "\"\\/\b\f\n\r\té😀€€"}, ""},
		"names of any case": {`{"a": 1, "A": 2}`, map[string]any{"a": json.Number("1"), "A": json.Number("2")}, ""},
		"deep":              {deep(strictjson.MaxDepth), nest(strictjson.MaxDepth), ""},

		"nothing":               {``, nil, "no value"},
		"array":                 {`[]`, nil, "no object"},
		"text":                  {`"SECRET"`, nil, "no object"},
		"twice":                 {`{} {}`, nil, "something after"},
		"twice the same name":   {`{"a": 1, "SECRET": 2, "\u0053ECRET": 3}`, nil, "two members"},
		"twice, below":          {`{"a": [{"b": 1, "b": 1}]}`, nil, "two members"},
		"too deep":              {deep(strictjson.MaxDepth + 1), nil, "too deep"},
		"no UTF-8":              {"{\"a\": \"SECRET\xff\"}", nil, "no UTF-8"},
		"a surrogate as UTF-8":  {"{\"a\": \"\xed\xa0\x80\"}", nil, "no UTF-8"},
		"high surrogate alone":  {`{"a": "\ud83d"}`, nil, "half a character"},
		"low surrogate alone":   {`{"a": "\ude00"}`, nil, "half a character"},
		"two high surrogates":   {`{"a": "\ud83d\ud83d"}`, nil, "half a character"},
		"high, then other":      {`{"a": "\ud83d\n"}`, nil, "half a character"},
		"surrogate in a name":   {`{"\ud83d": 1}`, nil, "half a character"},
		"short escape":          {`{"a": "\u12"}`, nil, "unknown escape"},
		"unknown escape":        {`{"a": "\x41"}`, nil, "unknown escape"},
		"escape at the end":     {`{"a": "\`, nil, "escape without end"},
		"line break in a text":  {"{\"a\": \"\n\"}", nil, "control character"},
		"zero byte, escaped":    {"{\"a\": \"\\n\x00\"}", nil, "control character"},
		"no end of text":        {`{"a": "SECRET`, nil, "without end"},
		"no end, escaped":       {`{"a": "\nSECRET`, nil, "without end"},
		"no end of object":      {`{"a": 1`, nil, "neither comma nor end"},
		"comma at the end":      {`{"a": 1,}`, nil, "no name"},
		"comma at an array end": {`{"a": [1,]}`, nil, "no value"},
		"no colon":              {`{"a" 1}`, nil, "no colon"},
		"no quotes":             {`{a: 1}`, nil, "no name"},
		"leading zero":          {`{"a": 01}`, nil, "neither comma nor end"},
		"plus":                  {`{"a": +1}`, nil, "no value"},
		"no digits":             {`{"a": -}`, nil, "no digit"},
		"no fraction":           {`{"a": 1.}`, nil, "no digit"},
		"no exponent":           {`{"a": 1e}`, nil, "no digit"},
		"NaN":                   {`{"a": NaN}`, nil, "no value"},
		"comment":               {`{"a": 1 /* SECRET */}`, nil, "neither comma nor end"},
		"byte order mark":       {"\ufeff{}", nil, "no value"},
		"other blank":           {"\u00a0{}", nil, "no value"},
		"True":                  {`{"a": True}`, nil, "no value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := strictjson.Map(test.text)
			if test.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				// cmp takes exponential time on deep values.
				if !reflect.DeepEqual(test.want, got) {
					t.Errorf("got %v, want %v", got, test.want)
				}
				return
			}
			if _, ok := errors.AsType[*strictjson.SyntaxError](err); !ok || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %v, %v, want %q", got, err, test.reason)
			}
			if err != nil && strings.Contains(err.Error(), "SECRET") {
				t.Errorf("the error repeats the text: %v", err)
			}
		})
	}
}

func nest(n int) map[string]any {
	value := any([]any{})
	for range n - 2 {
		value = []any{value}
	}
	return map[string]any{"a": value}
}

func TestObject(t *testing.T) {
	t.Parallel()
	var called []string
	err := strictjson.Object(` {"a": {"x": [1]}, "b": [{"y": 2}], "c": null} `, func(name string, value func() (any, error)) error {
		called = append(called, name)
		if name != "b" {
			return nil
		}
		got, err := value()
		if diff := cmp.Diff([]any{map[string]any{"y": json.Number("2")}}, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		return err
	})
	if err != nil || fmt.Sprint(called) != "[a b c]" {
		t.Errorf("called for %v: %v", called, err)
	}

	stop := errors.New("stop")
	err = strictjson.Object(`{"a": 1, "b": `, func(string, func() (any, error)) error { return stop })
	if !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, `"%d": 1, `, i)
	}
	ignore := func(string, func() (any, error)) error { return nil }
	for text, reason := range map[string]string{
		`[]`: "no object", `null`: "no object", ``: "no object", `{} x`: "something after", "{\"a\xff\": 1}": "no UTF-8",
		`{"a": 1, "a": 2}`: "two members", `{"a": {"b": 1, "b": 2}}`: "two members", `{"a": "\ud800"}`: "half a character",
		`{` + many.String() + `"99": 1}`: "two members", `{` + many.String() + `"100": 1} 1`: "something after",
	} {
		if err := strictjson.Object(text, ignore); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%.30s: got %v, want %q", text, err, reason)
		}
	}
}

// FuzzMap compares with the standard library, which reads the same values where it is as strict.
func FuzzMap(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, -2.5e+3, "x\u00e9\ud83d\ude00", true, null, {"b": {}}]}`, `{"a":1,"a":2}`, `null`, `[1]`, `{"a":"\ud800"}`, "{\"a\":\"\xff\"}",
		`{"a":01}`, `{"a":1}x`, `{"":""}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := strictjson.Map(text)
		checked := strictjson.Object(text, func(string, func() (any, error)) error { return nil })
		if (err == nil && got != nil) != (checked == nil) {
			t.Errorf("Map says %v, Object %v", err, checked)
		}
		var want map[string]any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		usual := decoder.Decode(&want)
		if usual == nil && !json.Valid([]byte(text)) {
			usual = errors.New("something after the value")
		}
		if err == nil {
			if usual != nil {
				t.Fatalf("accepted, although %v", usual)
			}
			if !reflect.DeepEqual(want, got) {
				t.Errorf("got %v, want %v", got, want)
			}
			return
		}
		if usual != nil {
			return
		}
		for _, stricter := range []string{"two members", "no UTF-8", "half a character", "too deep"} {
			if strings.Contains(err.Error(), stricter) {
				return
			}
		}
		t.Errorf("refused by us alone: %v", err)
	})
}

// BenchmarkObject reads a request of ordinary size.
func BenchmarkObject(b *testing.B) {
	const text = `{"query": "query A($f: CompanyFilter) { companies(filter: $f, first: 20) { nodes { name ticker } } }",` +
		`"variables": {"f": {"tickers": ["AAPL", "MSFT", "GOOG"], "marketCap": {"min": 1000000}}}, "operationName": "A"}`
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := strictjson.Object(text, func(_ string, value func() (any, error)) error {
			_, err := value()
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
}
