package resolvers

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph/cursor"
	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/store"
)

// Limits of arguments. They bound what one argument can cost; none is met by an honest question.
const (
	maxText  = 200 // characters of a name or a code
	maxQuery = 100 // characters of a search
	maxForms = 50
	maxList  = 200
)

// paging are the arguments of a connection.
type paging struct {
	first  *int
	after  *string
	last   *int
	before *string
}

// page returns the page that is asked for, and the reader of its cursor when there is one.
func (p paging) page(list cursor.List) (store.Page, *cursor.Reader, error) {
	switch {
	case p.first != nil && p.last != nil:
		return store.Page{}, nil, gqlerr.BadInput("last", "give first or last, not both")
	case p.after != nil && p.before != nil:
		return store.Page{}, nil, gqlerr.BadInput("before", "give after or before, not both")
	case p.after != nil && p.last != nil:
		return store.Page{}, nil, gqlerr.BadInput("after", "after goes with first, before with last")
	case p.before != nil && p.last == nil:
		return store.Page{}, nil, gqlerr.BadInput("before", "before goes with last, after with first")
	}
	page := store.Page{Limit: store.DefaultPage, Backward: p.last != nil}
	argument, size, at := "first", p.first, p.after
	if page.Backward {
		argument, size, at = "last", p.last, p.before
	}
	if size != nil {
		if *size < 0 || *size > store.MaxPage {
			return store.Page{}, nil, gqlerr.BadInput(argument, "want 0 to %d, not %d", store.MaxPage, *size)
		}
		page.Limit = *size
	}
	if at == nil {
		return page, nil, nil
	}
	page.Bounded = true
	position, err := list.Decode(*at)
	if err != nil {
		return store.Page{}, nil, p.badCursor(err)
	}
	return page, position, nil
}

// badCursor says that the cursor that was given is not one of the list.
func (p paging) badCursor(err error) error {
	argument := "after"
	if p.before != nil {
		argument = "before"
	}
	return gqlerr.BadInput(argument, "%s", err)
}

// key identifies the page among those of its list.
func (p paging) key() string {
	switch {
	case p.last != nil && p.before != nil:
		return fmt.Sprintf("last %d before %s", *p.last, *p.before)
	case p.last != nil:
		return fmt.Sprintf("last %d", *p.last)
	}
	first := store.DefaultPage
	if p.first != nil {
		first = *p.first
	}
	if p.after != nil {
		return fmt.Sprintf("first %d after %s", first, *p.after)
	}
	return fmt.Sprintf("first %d", first)
}

// text checks an argument that is compared with stored text.
func text(argument string, s *string) error {
	if s == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*s); n > maxText {
		return gqlerr.BadInput(argument, "want at most %d characters, not %d", maxText, n)
	}
	if strings.ContainsRune(*s, 0) || !utf8.ValidString(*s) {
		return gqlerr.BadInput(argument, "contains a NUL character or bytes that are no UTF-8")
	}
	return nil
}

// shown quotes a text in a message, shortened.
func shown(s string) string {
	const limit = 64
	if utf8.RuneCountInString(s) > limit {
		return strconv.Quote(string([]rune(s)[:limit])) + "…"
	}
	return strconv.Quote(s)
}

// searchText checks a text that is searched for.
func searchText(argument string, s *string) error {
	if s == nil {
		return nil
	}
	if n := utf8.RuneCountInString(*s); n > maxQuery || store.FoldSearch(*s) == "" {
		return gqlerr.BadInput(argument, "want 1 to %d characters that are not all white space", maxQuery)
	}
	return text(argument, s)
}

// list returns a sorted copy without duplicates, nil for nil.
func list(argument string, in []string, limit int) ([]string, error) {
	if in == nil {
		return nil, nil
	}
	if len(in) > limit {
		return nil, gqlerr.BadInput(argument, "want at most %d elements, not %d", limit, len(in))
	}
	for i := range in {
		if err := text(argument, &in[i]); err != nil {
			return nil, err
		}
	}
	out := append(make([]string, 0, len(in)), in...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// The days that a range can begin or end with.
var (
	firstDay = edgar.NewDate(1900, 1, 1)
	lastDay  = edgar.NewDate(2200, 12, 31)
)

// dateRange checks the arguments with the first and the last day of a range.
func dateRange(fromArgument string, from *edgar.Date, toArgument string, to *edgar.Date) error {
	if err := rangeDay(fromArgument, from); err != nil {
		return err
	}
	if err := rangeDay(toArgument, to); err != nil {
		return err
	}
	if from != nil && to != nil && *to < *from {
		return gqlerr.BadInput(toArgument, "%s is before %s", to, from)
	}
	return nil
}

func rangeDay(argument string, day *edgar.Date) error {
	if day != nil && (*day < firstDay || *day > lastDay) {
		return gqlerr.BadInput(argument, "want a day from %s to %s, not %s", firstDay, lastDay, day)
	}
	return nil
}

// canonicalText writes a condition so that equal ones, and only they, have the same text.
func canonicalText[T any](b *strings.Builder, name string, value *T) {
	if value != nil {
		fmt.Fprintf(b, " %s=%q", name, fmt.Sprint(*value))
	}
}

func canonicalList[T any](b *strings.Builder, name string, values []T) {
	if values != nil {
		fmt.Fprintf(b, " %s=%d", name, len(values))
		for _, v := range values {
			fmt.Fprintf(b, ",%q", fmt.Sprint(v))
		}
	}
}
