package randomquery_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/corpintel/corpintel/edgar"
)

// fold makes names and texts that are searched for comparable: case, apostrophes and the kind of white space do not count.
func fold(s string) string {
	s = strings.Map(func(c rune) rune {
		if strings.ContainsRune("'’‘`", c) {
			return -1
		}
		return unicode.ToLower(c)
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// hasRun reports whether three letters or digits follow one another.
func hasRun(s string) bool {
	run := 0
	for _, c := range s {
		run++
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			run = 0
		}
		if run == 3 {
			return true
		}
	}
	return false
}

func hasWords(text, words string) bool {
	for word := range strings.FieldsSeq(words) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func (r *reference) searchCompanies(_ row, args arguments) (any, error) {
	query := args["query"].(string)
	folded := fold(query)
	if folded == "" || len([]rune(query)) > 100 {
		return nil, fmt.Errorf("search for %q: %w", query, errInput)
	}
	var hits []row
	for _, c := range r.allCompanies() {
		if rank := r.searchRank(c, query, folded); rank > 0 {
			hit := maps.Clone(c)
			hit["_rank"] = int64(rank)
			hits = append(hits, hit)
		}
	}
	order := compareBy("_rank")
	capital := companyOrder(arguments{"field": "MARKET_CAP", "direction": "DESC"})
	rest := compareBy("name", "cik", "_id")
	return r.page(connection{
		list: "Query.searchCompanies " + folded, nodes: hits, key: "id",
		compare: func(a, b row) int {
			switch {
			case order(a, b) != 0:
				return order(a, b)
			case a["marketCap"] != b["marketCap"]:
				return capital(a, b)
			default:
				return rest(a, b)
			}
		},
	}, args)
}

// searchRank is 1 for the ticker, 2 for its beginning, 3 for a former ticker and for names, 0 for none of them.
func (r *reference) searchRank(c row, query, folded string) int {
	symbol, isSymbol := edgar.NormalizeSymbol(query)
	securities := r.rows(`select symbol, valid_to from securities where company_id = $1`, c["_id"])
	best := 0
	take := func(rank int) {
		if best == 0 || rank < best {
			best = rank
		}
	}
	for _, s := range securities {
		held, now := s["symbol"].(string), s["valid_to"] == nil
		switch {
		case isSymbol && now && held == symbol:
			take(1)
		case isSymbol && now && strings.HasPrefix(held, symbol):
			take(2)
		case isSymbol && held == symbol:
			take(3)
		}
	}
	names := []string{fold(c["name"].(string))}
	for _, former := range c["formerNames"].([]any) {
		names = append(names, fold(former.(string)))
	}
	if hasRun(folded) && hasWords(strings.Join(names, "\n"), folded) ||
		!hasRun(folded) && slices.ContainsFunc(names[:1], func(n string) bool { return strings.HasPrefix(n, folded) }) {
		take(3)
	}
	return best
}
