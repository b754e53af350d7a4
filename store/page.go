package store

import (
	"slices"

	"github.com/jackc/pgx/v5"
)

// DefaultPage and MaxPage are the number of nodes of a page when none is asked for, and at the most.
const (
	DefaultPage = 20
	MaxPage     = 200
)

// Page says which part of a list is asked for.
type Page struct {
	Limit    int  // number of nodes, 0 to MaxPage
	Backward bool // the last Limit nodes before the position, not the first ones after it
	Bounded  bool // a position was given
}

// cut takes the row that was read too much off rows and puts them into list order. Statements read Limit+1 rows in
// the direction of the page.
func cut[T any](rows []T, p Page) (nodes []T, more bool) {
	if len(rows) > p.Limit {
		rows, more = rows[:p.Limit], true
	}
	if p.Backward {
		slices.Reverse(rows)
	}
	return rows, more
}

// scanAll reads rows into values of T, whose columns go where targets says.
func scanAll[T any](rows pgx.Rows, targets func(*T) []any) ([]*T, error) {
	var out []*T
	for rows.Next() {
		row := new(T)
		if err := rows.Scan(targets(row)...); err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
