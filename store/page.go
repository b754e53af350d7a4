package store

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
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	return rows, more
}
