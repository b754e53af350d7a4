package edgar

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// jsonKind tells the kind of a JSON object that begins with head.
func jsonKind(name string, head []byte) Kind {
	outline := outlineOf(head)
	switch {
	case outline.has("taxonomy"), outline.has("tag"): // one concept, or one frame
		return KindUnknown
	case outline.has("cik") && (outline.has("facts") || outline.has("entityName")):
		return KindCompanyFacts
	case outline.has("cik") && (outline.has("filings") || outline.has("entityType")):
		return KindSubmissions
	case outline["accessionNumber"].begins == json.Delim('['):
		return KindSubmissionsPage
	case outline.contains("fields", "ticker") && outline.contains("fields", "cik"):
		return KindTickersExchange
	case outline.contains("0", "cik_str"):
		return KindTickers
	case json.Valid(head):
		return KindUnknown
	default:
		return jsonKindOfName(name)
	}
}

// jsonKindOfName tells the kind by the SEC's naming; submissions and company facts of the same name by their folder.
func jsonKindOfName(name string) Kind {
	base := path.Base(name)
	switch base {
	case "company_tickers.json":
		return KindTickers
	case "company_tickers_exchange.json":
		return KindTickersExchange
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(base, ".json"), "cik")
	if !ok || len(number) < 10 {
		return KindUnknown
	}
	if _, err := ParseCIK(number[:10]); err != nil {
		return KindUnknown
	}
	switch folder := path.Base(path.Dir(name)); {
	case strings.HasPrefix(number[10:], "-submissions-"):
		return KindSubmissionsPage
	case number[10:] != "":
		return KindUnknown
	case folder == "companyfacts":
		return KindCompanyFacts
	case folder == "submissions":
		return KindSubmissions
	default:
		return KindUnknown
	}
}

// outline is what the beginning of a JSON object shows: its keys, and of each what its value begins with and the
// strings directly inside it, keys or elements.
type outline map[string]outlineValue

type outlineValue struct {
	begins  json.Token
	strings []string
}

func (o outline) has(key string) bool { _, ok := o[key]; return ok }

func (o outline) contains(key, inside string) bool { return slices.Contains(o[key].strings, inside) }

// outlineOf reads as far as head goes.
func outlineOf(head []byte) outline {
	o := outline{}
	dec := json.NewDecoder(bytes.NewReader(head))
	dec.UseNumber() // a number beyond a float64 is not this function's concern
	var (
		key   string
		isKey = true
		depth int
	)
	for {
		token, err := dec.Token()
		if err != nil {
			return o
		}
		if depth == 1 && token != json.Delim('}') {
			if isKey {
				key, _ = token.(string)
				o[key] = outlineValue{}
			} else {
				o[key] = outlineValue{begins: token}
			}
			isKey = !isKey
		}
		if s, ok := token.(string); ok && depth == 2 {
			v := o[key]
			v.strings = append(v.strings, s)
			o[key] = v
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}
