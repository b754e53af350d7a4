package resolvers

import (
	"slices"
	"strings"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/cursor"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// metricName checks that a name is taxonomy:concept.
func metricName(argument, name string) error {
	taxonomy, concept, ok := strings.Cut(name, ":")
	if !ok || len(name) > maxText || !isName(taxonomy) || !isName(concept) {
		return gqlerr.BadInput(argument, "%s is no metric name: want taxonomy:concept, such as us-gaap:NetIncomeLoss", shown(name))
	}
	return nil
}

func isName(s string) bool {
	for _, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}

// newMetricAsk checks the arguments that name a series of a company. Equal ones are the same ask.
func newMetricAsk(argument, name string, unit *string, period *edgar.Period, ticker *string) (store.MetricAsk, error) {
	ask := store.MetricAsk{Name: name}
	if err := metricName(argument, name); err != nil {
		return ask, err
	}
	if unit != nil {
		if err := text("unit", unit); err != nil {
			return ask, err
		}
		if *unit == "" {
			return ask, gqlerr.BadInput("unit", "want a unit such as USD, or none")
		}
		ask.Unit = *unit
	}
	if period != nil {
		ask.Period = *period
	}
	if ticker != nil && ask.IsPrice() {
		symbol, ok := edgar.NormalizeSymbol(*ticker)
		if !ok {
			return ask, gqlerr.BadInput("ticker", "%s is no symbol", shown(*ticker))
		}
		ask.Ticker = symbol
	}
	return ask, nil
}

// newSeriesAsk checks the arguments that name a part of a series. Equal ones are the same ask.
func newSeriesAsk(set *loaders.Set, ask store.MetricAsk, from, to *edgar.Date) (*store.SeriesAsk, error) {
	if err := dateRange("from", from, "to", to); err != nil {
		return nil, err
	}
	a := store.SeriesAsk{MetricAsk: ask, From: edgar.MinDate, To: edgar.MaxDate}
	if from != nil {
		a.From = *from
	}
	if to != nil {
		a.To = *to
	}
	if a.AsOf != 0 && a.IsPrice() {
		a.To = min(a.To, a.AsOf)
	}
	return loaders.Intern(set, a, &a), nil
}

// unitFault says what is wrong when a company has no series in the unit that was asked for: nothing when it never
// reported the metric, or has it in that unit in other periods.
func unitFault(ask *store.MetricAsk, used []string) error {
	unit := ask.Unit
	if len(used) == 0 || slices.Contains(used, unit) {
		return nil
	}
	if ask.AsOf != 0 {
		return gqlerr.BadInput("unit", "the company had not used %s for this metric by %s; it had used %s", shown(unit), ask.AsOf, strings.Join(used, ", "))
	}
	return gqlerr.BadInput("unit", "the company never used %s for this metric; it used %s", shown(unit), strings.Join(used, ", "))
}

// definitionsArgs are the checked arguments of a connection of metric definitions. Equal ones have the same request.
type definitionsArgs struct {
	request *store.DefinitionsRequest
	list    cursor.List
	cursor  connection.Cursor[*store.MetricDefinition]
}

func newDefinitionsArgs(set *loaders.Set, field string, filter *store.MetricDefinitionFilter, p paging) (*definitionsArgs, error) {
	canonical := store.MetricDefinitionFilter{}
	if filter != nil {
		canonical = *filter
		names, err := list("filter.names", filter.Names, maxList)
		if err != nil {
			return nil, err
		}
		canonical.Names = names
		for _, name := range names {
			if err := metricName("filter.names", name); err != nil {
				return nil, err
			}
		}
		if err := text("filter.taxonomy", filter.Taxonomy); err != nil {
			return nil, err
		}
		if err := searchText("filter.search", filter.Search); err != nil {
			return nil, err
		}
		if filter.Search != nil && !store.Searchable(*filter.Search) {
			return nil, gqlerr.BadInput("filter.search", "want at least one word with three letters or digits in a row")
		}
	}
	var binding strings.Builder
	binding.WriteString(field)
	canonicalList(&binding, "names", canonical.Names)
	canonicalText(&binding, "taxonomy", canonical.Taxonomy)
	canonicalText(&binding, "search", canonical.Search)

	args := &definitionsArgs{list: cursor.Of(binding.String())}
	args.cursor = args.appendCursor
	page, position, err := p.page(args.list)
	if err != nil {
		return nil, err
	}
	request := &store.DefinitionsRequest{Filter: loaders.Intern(set, "filter "+binding.String(), &canonical), Page: page}
	if position != nil {
		request.From = store.DefinitionPosition{Name: position.Text(), Unit: position.Text(), Period: edgar.Period(position.Int())} //nolint:gosec // written by us
		if err := position.Done(); err != nil {
			return nil, p.badCursor(err)
		}
	}
	args.request = loaders.Intern(set, p.key()+" of "+binding.String(), request)
	return args, nil
}

func (a *definitionsArgs) appendCursor(b []byte, d *store.MetricDefinition) []byte {
	var buf [96]byte
	p := d.Position()
	return a.list.Append(b, cursor.Position(buf[:0]).Text(p.Name).Text(p.Unit).Int(int64(p.Period)))
}

// connection makes the page that was read into a connection; company is 0 for the list of all definitions.
func (a *definitionsArgs) connection(company int64, page *store.DefinitionPage) *connection.MetricDefinitionConnection {
	if page == nil {
		page = &store.DefinitionPage{}
	}
	return connection.NewMetricDefinitions(page.Nodes, page.More, a.request.Page, a.cursor, company, a.request.Filter)
}
