package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/edgar"
)

// MaxSearchRank is the greatest rank of a company in the answer to a search.
const MaxSearchRank = 3

// SearchPosition is the place of a company in the answer to a search: rank (1 ticker, 2 ticker prefix, 3 former ticker
// or name), then market capitalisation with the greatest first, then name, CIK, id.
type SearchPosition struct {
	Rank   int
	Cap    float64 // -1 for none
	Name   string
	CIKKey int64
	ID     int64
}

// CompanyHits is a part of the answer to a search: companies, and how each was found. More says whether the answer goes on.
type CompanyHits struct {
	Nodes []*Company
	More  bool
	ranks []int // of the nodes
}

// Position returns the place of a company of h in the answer.
func (h *CompanyHits) Position(c *Company) SearchPosition {
	p := SearchPosition{Cap: -1, Name: c.Name, CIKKey: c.cikKey(), ID: c.ID}
	if i := slices.Index(h.Nodes, c); i >= 0 {
		p.Rank = h.ranks[i]
	}
	if c.MarketCap != nil {
		p.Cap = *c.MarketCap
	}
	return p
}

// SearchRequest asks for a page of the companies that match a text, forwards only.
type SearchRequest struct {
	Search *CompanySearch
	Page   Page
	From   SearchPosition // after it, when Page.Bounded
}

const (
	// searchSymbols are the companies that are found by a symbol: few, so that those found by name are compared with them.
	searchSymbols = `with symbols as materialized (
  select s.company_id as id, min(case when s.valid_to is not null then 3 when s.symbol = $1 then 1 else 2 end) as rank
  from securities s
  where s.symbol >= $1 and s.symbol < $2 and (s.valid_to is null or s.symbol = $1) and s.company_id is not null
  group by s.company_id
)`

	searchRest = ` and c.id not in (select y.id from symbols y)`

	// Only those on the page are read whole, and found again by their place, which does not change within a statement. The
	// values that they are ordered by are no order of an index: with one, a statement with a limit would walk companies by
	// market capitalisation and look at every name.
	searchHits = searchSymbols + `
select h.rank, ` + companyColumns + `
from (
  select *
  from (
    select y.rank, ` + searchOrder + `
    from symbols y
    cross join lateral (select c.ctid, c.* from companies c where c.id = y.id limit 1) c
    union all
    select 3, ` + searchOrder + `
    from companies c
    where `

	searchOrder = `-coalesce(c.market_cap, -1) as cap, c.name, c.cik_key, c.id, c.ctid as place`

	searchAfter = `
  where (h.rank, h.cap, h.name, h.cik_key, h.id) > ($%d::int, $%d::float8, $%d::text, $%d::bigint, $%d::bigint)`

	searchPage = `
  order by h.rank, h.cap, h.name, h.cik_key, h.id
  limit $%d
) h
cross join lateral (select * from companies c where c.ctid = h.place limit 1) c
order by h.rank, h.cap, h.name, h.cik_key, h.id`

	searchTotal = searchSymbols + `
select (select count(*) from symbols) + (select count(*) from companies c where `
)

// searchBy is how names are matched.
type searchBy int

const (
	searchByWord searchBy = iota
	searchByWords
	searchByPrefix
)

// searchNames are the conditions for names, and their number of parameters after those of searchSymbols.
var searchNames = [...]struct {
	name, condition string
	params          int
}{
	searchByWord:   {"Word", `c.search_text like $3`, 1},
	searchByWords:  {"Words", `c.search_text like $3 and c.search_text like $4 and c.search_text like all($5::text[])`, 3},
	searchByPrefix: {"Prefix", `left(c.search_text, 64) >= $3 and left(c.search_text, 64) < $4`, 2},
}

// The statements of a search: the first page, one after a position, and the number of all. What takes time is what is compared with each
// company that the index finds: where there is one word or no position, nothing is; of several words the index looks up two.
var searchFirst, searchNext, searchCount = composeSearch()

func composeSearch() (first, next, count [len(searchNames)]string) {
	for by, names := range searchNames {
		hits := "-- name: SearchCompaniesBy" + names.name + "\n" + searchHits + names.condition + searchRest + "\n  ) h"
		n := 2 + names.params
		first[by] = hits + fmt.Sprintf(searchPage, n+1)
		next[by] = hits + fmt.Sprintf(searchAfter, n+1, n+2, n+3, n+4, n+5) + fmt.Sprintf(searchPage, n+6)
		count[by] = "-- name: SearchCompanyCountBy" + names.name + "\n" + searchTotal + names.condition + searchRest + ")"
	}
	return first, next, count
}

// Searchable says whether a text has a word that an index of trigrams can find: three letters or digits in a row.
func Searchable(text string) bool {
	run := 0
	for _, r := range text {
		if run++; !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			run = 0
		}
		if run == 3 {
			return true
		}
	}
	return false
}

// args are the parameters of searchSymbols and those of the names, and how these are matched.
func (s *CompanySearch) args() (by searchBy, args []any) {
	symbol, ok := edgar.NormalizeSymbol(s.Text)
	if !ok {
		symbol = "\uffff" // no symbol
	}
	folded := FoldSearch(s.Text)
	args = append(make([]any, 0, 10), symbol, symbol+"\uffff")
	if !Searchable(folded) {
		return searchByPrefix, append(args, folded, folded+"\uffff")
	}
	longest, patterns := likePatterns(folded)
	others := slices.DeleteFunc(patterns, func(p string) bool { return p == longest })
	if len(others) == 0 {
		return searchByWord, append(args, longest)
	}
	slices.SortStableFunc(others, func(p, q string) int { return len(q) - len(p) })
	return searchByWords, append(args, longest, others[0], others[1:])
}

var likeEscaper = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// likePatterns returns a pattern per word of a folded text; the longest searchable one is to be looked up in an index.
func likePatterns(folded string) (longest string, all []string) {
	best := -1
	for word := range strings.FieldsSeq(folded) {
		pattern := "%" + likeEscaper.Replace(word) + "%"
		all = append(all, pattern)
		length := 0
		if Searchable(word) {
			length = len(word)
		}
		if length > best {
			longest, best = pattern, length
		}
	}
	return longest, all
}

// SearchCompanies returns a page of the companies that match, best first.
func (s *Store) SearchCompanies(ctx context.Context, r *SearchRequest) (*CompanyHits, error) {
	by, args := r.Search.args()
	q := query{sql: searchFirst[by]}
	if r.Page.Bounded {
		q.sql = searchNext[by]
		args = append(args, r.From.Rank, -r.From.Cap, r.From.Name, r.From.CIKKey, r.From.ID)
	}
	q.args = append(args, r.Page.Limit+1)
	hits := &CompanyHits{}
	q.scan = func(rows pgx.Rows) error {
		hits.Nodes, hits.ranks = make([]*Company, 0, r.Page.Limit+1), make([]int, 0, r.Page.Limit+1)
		var companies slab[companySlot]
		w := newRowReader(rows)
		for w.next() {
			hits.ranks = append(hits.ranks, int(w.int32()))
			hits.Nodes = append(hits.Nodes, companies.next().read(w))
		}
		return w.done()
	}
	if err := s.run(ctx, q); err != nil {
		return nil, fmt.Errorf("search for companies: %w", err)
	}
	hits.Nodes, hits.More = cut(hits.Nodes, r.Page)
	return hits, nil
}

// SearchCompanyCount asks for the number of companies that match.
func (b *Batch) SearchCompanyCount(c *CompanySearch) *int {
	by, args := c.args()
	return b.count(query{sql: searchCount[by], args: args})
}
