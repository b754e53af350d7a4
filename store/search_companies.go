package store

import (
	"context"
	"fmt"
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

// CompanyHit is a company that was found and how.
type CompanyHit struct {
	*Company
	Rank int
}

// Position returns the place of h in the answer.
func (h *CompanyHit) Position() SearchPosition {
	p := SearchPosition{Rank: h.Rank, Cap: -1, Name: h.Name, CIKKey: h.cikKey(), ID: h.ID}
	if h.MarketCap != nil {
		p.Cap = *h.MarketCap
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
	// Matches are found first and ordered then: ordered by the planner's choice, a statement with a limit would walk
	// companies by market capitalisation and look at every name.
	searchHits = `with hits as materialized (
  select h.id, min(h.rank) as rank, h.cap, h.name, h.cik_key
  from (
    select c.id, case when s.symbol = $1 then 1 else 2 end as rank, ` + searchOrder + `
    from securities s
    cross join lateral (select * from companies c where c.id = s.company_id limit 1) c
    where s.symbol >= $1 and s.symbol < $2 and s.valid_to is null
    union all
    select c.id, 3, ` + searchOrder + `
    from securities s
    cross join lateral (select * from companies c where c.id = s.company_id limit 1) c
    where s.symbol = $1 and s.valid_to is not null
    union all
    select c.id, 3, ` + searchOrder + `
    from companies c
    where `

	// The values that hits are ordered by.
	searchOrder = `-coalesce(c.market_cap, -1) as cap, c.name, c.cik_key`

	searchByWords  = `c.search_text like $3 and c.search_text like all($4::text[])`
	searchByPrefix = `left(c.search_text, 64) >= $3 and left(c.search_text, 64) < $4`

	searchGroup = `
  ) h
  group by h.id, h.cap, h.name, h.cik_key
)`

	// Only those on the page are read whole.
	searchPage = searchGroup + `, page as materialized (
  select *
  from hits h
  where (h.rank, h.cap, h.name, h.cik_key, h.id) > ($5::int, $6::float8, $7::text, $8::bigint, $9::bigint)
  order by h.rank, h.cap, h.name, h.cik_key, h.id
  limit $10
)
select h.rank, ` + companyColumns + `
from page h
cross join lateral (select * from companies c where c.id = h.id limit 1) c
order by h.rank, h.cap, h.name, h.cik_key, h.id`

	searchTotal = searchGroup + `
select count(*) from hits`

	searchCompaniesByWords     = "-- name: SearchCompaniesByWords\n" + searchHits + searchByWords + searchPage
	searchCompaniesByPrefix    = "-- name: SearchCompaniesByPrefix\n" + searchHits + searchByPrefix + searchPage
	searchCompanyCountByWords  = "-- name: SearchCompanyCountByWords\n" + searchHits + searchByWords + searchTotal
	searchCompanyCountByPrefix = "-- name: SearchCompanyCountByPrefix\n" + searchHits + searchByPrefix + searchTotal
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
	return append(args, longest, patterns), false
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

// SearchCompanies returns a page of the companies that match, best first, and whether there are more.
func (s *Store) SearchCompanies(ctx context.Context, r *SearchRequest) (hits []*CompanyHit, more bool, err error) {
	args, prefix := r.Search.args()
	at := r.From
	if !r.Page.Bounded {
		at = SearchPosition{}
	}
	q := query{sql: searchCompaniesByWords, args: append(args, at.Rank, -at.Cap, at.Name, at.CIKKey, at.ID, r.Page.Limit+1)}
	if prefix {
		q.sql = searchCompaniesByPrefix
	}
	q.scan = func(rows pgx.Rows) error {
		hits = nil
		var found slab[CompanyHit]
		var companies slab[companySlot]
		r := newRowReader(rows)
		for r.next() {
			h := found.next()
			h.Rank = int(r.int32())
			h.Company = companies.next().read(r)
			hits = append(hits, h)
		}
		return r.done()
	}
	if err := s.run(ctx, q); err != nil {
		return nil, false, fmt.Errorf("search for companies: %w", err)
	}
	hits, more = cut(hits, r.Page)
	return hits, more, nil
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
