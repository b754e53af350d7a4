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

	searchByWords  = `c.search_text like $3 and c.search_text like all($4::text[])`
	searchByPrefix = `left(c.search_text, 64) >= $3 and left(c.search_text, 64) < $4`

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

	searchPage = searchRest + `
  ) h
  where (h.rank, h.cap, h.name, h.cik_key, h.id) > ($5::int, $6::float8, $7::text, $8::bigint, $9::bigint)
  order by h.rank, h.cap, h.name, h.cik_key, h.id
  limit $10
) h
cross join lateral (select * from companies c where c.ctid = h.place limit 1) c
order by h.rank, h.cap, h.name, h.cik_key, h.id`

	searchTotal = searchSymbols + `
select (select count(*) from symbols) + (select count(*) from companies c where `

	searchCompaniesByWords     = "-- name: SearchCompaniesByWords\n" + searchHits + searchByWords + searchPage
	searchCompaniesByPrefix    = "-- name: SearchCompaniesByPrefix\n" + searchHits + searchByPrefix + searchPage
	searchCompanyCountByWords  = "-- name: SearchCompanyCountByWords\n" + searchTotal + searchByWords + searchRest + ")"
	searchCompanyCountByPrefix = "-- name: SearchCompanyCountByPrefix\n" + searchTotal + searchByPrefix + searchRest + ")"
)

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

// args are the parameters $1 to $4, and whether names are matched by their beginning.
func (s *CompanySearch) args() (args []any, prefix bool) {
	symbol, ok := edgar.NormalizeSymbol(s.Text)
	if !ok {
		symbol = "\uffff" // no symbol
	}
	folded := FoldSearch(s.Text)
	args = []any{symbol, symbol + "\uffff"}
	if !Searchable(folded) {
		return append(args, folded, folded+"\uffff"), true
	}
	longest, patterns := likePatterns(folded)
	others := slices.DeleteFunc(patterns, func(p string) bool { return p == longest })
	return append(args, longest, others), false
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
	args, prefix := r.Search.args()
	at := r.From
	if !r.Page.Bounded {
		at = SearchPosition{}
	}
	q := query{sql: searchCompaniesByWords, args: append(args, at.Rank, -at.Cap, at.Name, at.CIKKey, at.ID, r.Page.Limit+1)}
	if prefix {
		q.sql = searchCompaniesByPrefix
	}
	hits := &CompanyHits{}
	q.scan = func(rows pgx.Rows) error {
		*hits = CompanyHits{}
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
	args, prefix := c.args()
	q := query{sql: searchCompanyCountByWords, args: args}
	if prefix {
		q.sql = searchCompanyCountByPrefix
	}
	return b.count(q)
}
