package ingest

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

// importHoldings stores what the operator says about who held symbols, and links prices accordingly. Companies that are
// not known are named: what they held is nobody's until they are.
func (im *priceImporter) importHoldings(ctx context.Context, m *prices.SymbolMap) error {
	if m == nil {
		return nil
	}
	var unknown []edgar.Rejection
	err := im.db.persist(ctx, func(bool) error {
		return im.db.inTx(ctx, func(t *transaction) (err error) {
			unknown, err = t.replaceHoldings(ctx, m.Holdings())
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("import the symbol map: %w", err)
	}
	return im.reject("symbol map", unknown...)
}

// replaceHoldings replaces the holdings of the symbols in list, and names those of unknown companies.
func (t *transaction) replaceHoldings(ctx context.Context, list []prices.Holding) (unknown []edgar.Rejection, err error) {
	var (
		symbols     = make([]string, len(list))
		ciks        = make([]edgar.CIK, len(list))
		first, last = make([]pgtype.Date, len(list)), make([]pgtype.Date, len(list))
	)
	for i, h := range list {
		symbols[i], ciks[i] = h.Symbol, h.CIK
		first[i], last[i] = openDate(h.From), openDate(h.To)
	}
	if _, err := t.exec(ctx, dropHoldings, symbols); err != nil {
		return nil, err
	}
	if _, err := t.exec(ctx, addHoldings, symbols, ciks, first, last); err != nil {
		return nil, err
	}
	if _, err := t.exec(ctx, noteHoldings, symbols); err != nil {
		return nil, err
	}
	if err := t.recomputeHolders(ctx); err != nil {
		return nil, err
	}
	rows, _ := t.tx.Query(ctx, unknownHolders, ciks) // CollectRows reports the error
	absent, err := pgx.CollectRows(rows, pgx.RowTo[edgar.CIK])
	if err != nil {
		return nil, fmt.Errorf("unknownHolders: %w", err)
	}
	isAbsent := make(map[edgar.CIK]bool, len(absent))
	for _, cik := range absent {
		isAbsent[cik] = true
	}
	for _, h := range list {
		if isAbsent[h.CIK] {
			unknown = append(unknown, edgar.Rejection{
				Position: fmt.Sprintf("line %d", h.Line),
				Reason:   fmt.Sprintf("no company with CIK %s is known: prices of %s on these days stay unlinked until it is", h.CIK, h.Symbol),
			})
		}
	}
	return unknown, nil
}

// openDate makes the first and the last day that there are infinite.
func openDate(d edgar.Date) pgtype.Date {
	switch d {
	case edgar.MinDate:
		return pgtype.Date{InfinityModifier: pgtype.NegativeInfinity, Valid: true}
	case edgar.MaxDate:
		return pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}
	default:
		return pgtype.Date{Time: d.Time(), Valid: true}
	}
}

const dropHoldings = `-- name: dropHoldings
delete from symbol_holdings
where symbol = any($1)`

const addHoldings = `-- name: addHoldings
insert into symbol_holdings (symbol, cik, first_on, last_on)
select symbol, cik, first_on, last_on
from unnest($1::text[], $2::bigint[], $3::date[], $4::date[]) as h (symbol, cik, first_on, last_on)
order by symbol, first_on`

const noteHoldings = `-- name: noteHoldings
insert into changed_symbols (symbol)
select distinct symbol
from unnest($1::text[]) as named (symbol)`

const unknownHolders = `-- name: unknownHolders
select distinct cik
from unnest($1::bigint[]) as named (cik)
where not exists (select from companies c where c.cik = named.cik)
order by cik`
