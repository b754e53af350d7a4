package resolvers

import (
	"slices"
	"strings"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/cursor"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/graph/model"
	"github.com/corpintel/corpintel/store"
)

// companiesArgs are the checked arguments of Query.companies.
type companiesArgs struct {
	request *store.CompaniesRequest
	list    cursor.List
}

func newCompaniesArgs(filter *store.CompanyFilter, order *model.CompanyOrder, p paging) (*companiesArgs, error) {
	canonical, err := canonicalCompanyFilter(filter)
	if err != nil {
		return nil, err
	}
	request := &store.CompaniesRequest{Filter: canonical, Order: ordering(order)}
	var binding strings.Builder
	binding.WriteString("Query.companies")
	canonicalText(&binding, "order", &request.Order)
	canonicalList(&binding, "tickers", canonical.Tickers)
	canonicalList(&binding, "ciks", canonical.CIKs)
	canonicalText(&binding, "sector", canonical.Sector)
	canonicalText(&binding, "industry", canonical.Industry)
	canonicalText(&binding, "country", canonical.Country)
	canonicalText(&binding, "exchange", canonical.Exchange)
	if r := canonical.MarketCap; r != nil {
		canonicalText(&binding, "min", r.Min)
		canonicalText(&binding, "max", r.Max)
		binding.WriteString(" capped")
	}
	args := &companiesArgs{request: request, list: cursor.Of(binding.String())}
	page, position, err := p.page(args.list)
	if err != nil {
		return nil, err
	}
	request.Page = page
	if position != nil {
		request.From = readCompanyPosition(position)
		if err := position.Done(); err != nil {
			return nil, p.badCursor(err)
		}
	}
	return args, nil
}

func ordering(order *model.CompanyOrder) store.CompanyOrdering {
	if order == nil {
		return store.CompanyOrdering{}
	}
	field := map[model.CompanyOrderField]store.CompanyField{
		model.CompanyOrderFieldName:      store.CompanyByName,
		model.CompanyOrderFieldTicker:    store.CompanyByTickerSymbol,
		model.CompanyOrderFieldMarketCap: store.CompanyByMarketCap,
	}[order.Field]
	return store.CompanyOrdering{Field: field, Descending: order.Direction == model.OrderDirectionDesc}
}

// canonicalCompanyFilter checks a filter and returns a copy in which lists are sorted and symbols spelt as stored.
func canonicalCompanyFilter(filter *store.CompanyFilter) (*store.CompanyFilter, error) {
	if filter == nil {
		return &store.CompanyFilter{}, nil
	}
	out := *filter
	for _, condition := range []struct {
		argument string
		value    *string
	}{
		{"filter.sector", out.Sector}, {"filter.industry", out.Industry}, {"filter.country", out.Country}, {"filter.exchange", out.Exchange},
	} {
		if err := text(condition.argument, condition.value); err != nil {
			return nil, err
		}
	}
	tickers, err := list("filter.tickers", out.Tickers, maxList)
	if err != nil {
		return nil, err
	}
	if tickers != nil {
		out.Tickers = symbols(tickers)
	}
	if len(out.CIKs) > maxList {
		return nil, gqlerr.BadInput("filter.ciks", "want at most %d elements, not %d", maxList, len(out.CIKs))
	}
	if out.CIKs != nil {
		ciks := append(make([]edgar.CIK, 0, len(out.CIKs)), out.CIKs...)
		slices.Sort(ciks)
		out.CIKs = slices.Compact(ciks)
	}
	if r := out.MarketCap; r != nil && r.Min != nil && r.Max != nil && *r.Max < *r.Min {
		return nil, gqlerr.BadInput("filter.marketCap", "max is below min")
	}
	return &out, nil
}

// symbols returns the normalised symbols among texts; what cannot be a symbol is held by nobody and left out.
func symbols(texts []string) []string {
	out := make([]string, 0, len(texts))
	for _, t := range texts {
		if s, ok := edgar.NormalizeSymbol(t); ok {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (a *companiesArgs) connection(page *store.CompanyPage) *connection.CompanyConnection {
	at := func(b []byte, c *store.Company) []byte {
		var buf [96]byte
		return a.list.Append(b, appendCompanyPosition(buf[:0], c.Position(a.request.Order)))
	}
	return connection.NewCompanies(page.Nodes, page.More, a.request.Page, at, connection.CompanyCount{Filter: a.request.Filter})
}

func appendCompanyPosition(at cursor.Position, p store.CompanyPosition) cursor.Position {
	var null int64
	if p.Null {
		null = 1
	}
	return at.Int(null).Text(p.Ticker).Float(p.Cap).Text(p.Name).Int(p.CIKKey).Int(p.ID)
}

func readCompanyPosition(r *cursor.Reader) store.CompanyPosition {
	return store.CompanyPosition{
		Null: r.Int() != 0, Ticker: r.Text(), Cap: r.Float(), Name: r.Text(), CIKKey: r.Int(), ID: r.Int(),
	}
}

// searchArgs are the checked arguments of Query.searchCompanies.
type searchArgs struct {
	request *store.SearchRequest
	list    cursor.List
}

func newSearchArgs(query string, p paging) (*searchArgs, error) {
	if err := searchText("query", &query); err != nil {
		return nil, err
	}
	args := &searchArgs{list: cursor.Of("Query.searchCompanies " + store.FoldSearch(query))}
	page, position, err := p.page(args.list)
	if err != nil {
		return nil, err
	}
	args.request = &store.SearchRequest{Search: &store.CompanySearch{Text: query}, Page: page}
	if position != nil {
		at := store.SearchPosition{
			Rank: int(position.Int()), Cap: position.Float(), Name: position.Text(), CIKKey: position.Int(), ID: position.Int(),
		}
		if err := position.Done(); err != nil || at.Rank < 1 || at.Rank > store.MaxSearchRank {
			return nil, p.badCursor(cursor.ErrInvalid)
		}
		args.request.From = at
	}
	return args, nil
}

func (a *searchArgs) connection(hits *store.CompanyHits) *connection.CompanyConnection {
	at := func(b []byte, c *store.Company) []byte {
		p := hits.Position(c)
		var buf [96]byte
		return a.list.Append(b, cursor.Position(buf[:0]).Int(int64(p.Rank)).Float(p.Cap).Text(p.Name).Int(p.CIKKey).Int(p.ID))
	}
	return connection.NewCompanies(hits.Nodes, hits.More, a.request.Page, at, connection.CompanyCount{Search: a.request.Search})
}
