package store

import (
	"slices"
	"strings"
	"unsafe"
)

// Rows of one answer are parts of a few large pieces of memory (slab, textSlab): one that is to be kept for long is copied into
// memory of its own.

// Compact returns a copy of c that keeps nothing else in memory, and how many bytes it takes.
func (c *Company) Compact() (*Company, int) {
	slot := &companySlot{Company: *c}
	texts := copyTexts([]*string{&slot.Name}, []textRoom{
		{&slot.SIC, &slot.sic},
		{&slot.Sector, &slot.sector},
		{&slot.Industry, &slot.industry},
		{&slot.Country, &slot.country},
		{&slot.FiscalYearEnd, &slot.fiscalYearEnd},
		{&slot.Ticker, &slot.ticker},
		{&slot.Exchange, &slot.exchange},
	}, &slot.FormerNames)
	move(&slot.CIK, &slot.cik)
	move(&slot.MarketCap, &slot.marketCap)
	return &slot.Company, int(unsafe.Sizeof(*slot)) + texts
}

// Compact returns a copy of f that keeps nothing else in memory, and how many bytes it takes.
func (f *Filing) Compact() (*Filing, int) {
	slot := &filingSlot{Filing: *f}
	texts := copyTexts([]*string{&slot.Form}, []textRoom{{&slot.Title, &slot.title}, {&slot.primaryDocument, &slot.document}}, new([]string))
	move(&slot.AcceptedAt, &slot.acceptedAt)
	move(&slot.PeriodEnd, &slot.periodEnd)
	move(&slot.Filing.cik, &slot.cik)
	return &slot.Filing, int(unsafe.Sizeof(*slot)) + texts
}

// Compact returns a copy of f that keeps nothing else in memory, and how many bytes it takes.
func (f *FilingCompanies) Compact() (*FilingCompanies, int) {
	out := &FilingCompanies{All: make([]*Company, len(f.All))}
	size := int(unsafe.Sizeof(*out)) + len(f.All)*pointerBytes
	for i, c := range f.All {
		own, n := c.Compact()
		out.All[i] = own
		size += n
		if c == f.Main {
			out.Main = own
		}
	}
	return out, size
}

// Compact returns a copy of v that keeps nothing else in memory, and how many bytes it takes. A restatement has no such copy:
// of those before it nothing is copied.
func (v *MetricValue) Compact() (*MetricValue, int) {
	slot := &valueSlot{MetricValue: *v}
	slot.Earlier = nil
	texts := copyTexts([]*string{&slot.Name, &slot.Unit}, []textRoom{
		{&slot.Ticker, &slot.ticker}, {&slot.FiscalPeriod, &slot.fiscalPeriod}, {&slot.Form, &slot.form},
	}, new([]string))
	move(&slot.Start, &slot.start)
	move(&slot.FiscalYear, &slot.fiscalYear)
	move(&slot.FiledOn, &slot.filedOn)
	move(&slot.AccessionNumber, &slot.accession)
	return &slot.MetricValue, int(unsafe.Sizeof(*slot)) + texts
}

const (
	pointerBytes = int(unsafe.Sizeof(uintptr(0)))
	textBytes    = 2 * pointerBytes // of a text's header
)

// textRoom is a text that may be absent, and the room for it.
type textRoom struct {
	at   **string
	room *string
}

// copyTexts replaces texts by parts of one copy, and returns how many bytes that takes beside the rooms.
func copyTexts(texts []*string, optional []textRoom, list *[]string) int {
	n := 0
	for _, t := range texts {
		n += len(*t)
	}
	for _, t := range optional {
		if *t.at != nil {
			*t.room = **t.at
			*t.at = t.room
			n += len(*t.room)
		}
	}
	*list = slices.Clone(*list)
	for _, text := range *list {
		n += len(text)
	}
	var all strings.Builder
	all.Grow(n)
	for _, t := range texts {
		*t = part(&all, *t)
	}
	for _, t := range optional {
		*t.room = part(&all, *t.room)
	}
	for i, text := range *list {
		(*list)[i] = part(&all, text)
	}
	return n + cap(*list)*textBytes
}

// part appends a text to all, which has room for it, and returns it as a part of that.
func part(all *strings.Builder, text string) string {
	start := all.Len()
	all.WriteString(text)
	return all.String()[start:]
}

// move makes a value that may be absent stand in room.
func move[T any](at **T, room *T) {
	if *at != nil {
		*room = **at
		*at = room
	}
}
