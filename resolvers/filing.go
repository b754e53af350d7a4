package resolvers

import (
	"context"
	"fmt"
	"strings"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/connection"
	"github.com/corpintel/corpintel/graph/cursor"
	"github.com/corpintel/corpintel/loaders"
	"github.com/corpintel/corpintel/store"
)

// filingsArgs are the checked arguments of a connection of filings. Equal ones have the same request and filter.
type filingsArgs struct {
	request *store.FilingsRequest
	list    cursor.List
	cursor  connection.Cursor[*store.Filing]
}

// newFilingsArgs checks the arguments of the field ("Query.filings", "Company.filings").
func newFilingsArgs(set *loaders.Set, field string, filter *store.FilingFilter, p paging) (*filingsArgs, error) {
	canonical := store.FilingFilter{}
	if filter != nil {
		forms, err := list("filter.forms", filter.Forms, maxForms)
		if err != nil {
			return nil, err
		}
		if err := dateRange("filter.filedFrom", filter.FiledFrom, "filter.filedTo", filter.FiledTo); err != nil {
			return nil, err
		}
		canonical = *filter
		canonical.Forms = forms
	}
	var binding strings.Builder
	binding.WriteString(field)
	canonicalList(&binding, "forms", canonical.Forms)
	canonicalText(&binding, "from", canonical.FiledFrom)
	canonicalText(&binding, "to", canonical.FiledTo)
	canonicalText(&binding, "amendments", canonical.Amendments)

	args := &filingsArgs{list: cursor.Of(binding.String())}
	args.cursor = args.appendCursor
	page, position, err := p.page(args.list)
	if err != nil {
		return nil, err
	}
	request := &store.FilingsRequest{Filter: loaders.Intern(set, "filter "+binding.String(), &canonical), Page: page}
	if position != nil {
		day, id := position.Int(), position.Int()
		if err := position.Done(); err != nil || day < int64(edgar.MinDate) || day > int64(edgar.MaxDate) {
			return nil, p.badCursor(cursor.ErrInvalid)
		}
		request.From = store.FilingPosition{FiledOn: edgar.Date(day), ID: edgar.AccessionNumber(id)}
	}
	args.request = loaders.Intern(set, p.key()+" of "+binding.String(), request)
	return args, nil
}

func (a *filingsArgs) appendCursor(b []byte, f *store.Filing) []byte {
	var buf [32]byte
	p := f.Position()
	return a.list.Append(b, cursor.Position(buf[:0]).Int(int64(p.FiledOn)).Int(int64(p.ID)))
}

// connection makes the page that was read into a connection; company is 0 for the list of all filings.
func (a *filingsArgs) connection(company int64, page *store.FilingPage) *connection.FilingConnection {
	if page == nil {
		page = &store.FilingPage{}
	}
	return connection.NewFilings(page.Nodes, page.More, a.request.Page, a.cursor, company, a.request.Filter)
}

// companiesOf returns the companies of a filing. A filing without one cannot be written.
func companiesOf(ctx context.Context, f *store.Filing) (*store.FilingCompanies, error) {
	of, err := loaders.From(ctx).FilingCompanies.Load(ctx, f.AccessionNumber)
	if err == nil && of == nil {
		err = fmt.Errorf("companies of filing %s: %w", f.AccessionNumber, store.ErrNotFound)
	}
	return of, err
}
