package doctor

import (
	"context"
	"fmt"
	"time"
)

// manyChanges is how many rows of the outbox are counted. Servers delete those that are older than an hour: so many only come
// together where none does.
const manyChanges = 100_000

const outboxRows = `-- name: OutboxRows
select count(*), min(at)
from (select at from outbox order by at limit $1) o`

// outbox looks whether what servers were told of is deleted again.
func outbox(ctx context.Context, p *patient) ([]Finding, error) {
	var rows int
	var oldest *time.Time
	if err := p.tx.QueryRow(ctx, outboxRows, manyChanges+1).Scan(&rows, &oldest); err != nil {
		return nil, err
	}
	f := Finding{Status: OK, What: "no changes that servers are told of"}
	switch {
	case rows > manyChanges:
		f.Status = Warn
		f.What = fmt.Sprintf("more than %d changes that servers were told of, the oldest of %s", manyChanges, oldest.UTC().Format(time.DateTime))
		f.Advice = "Servers delete what is older than an hour: start one, or grant its role delete on outbox and update on outbox_trim."
	case rows > 0:
		f.What = fmt.Sprintf("%s that servers are told of, the oldest %s ago", count(rows, "change"), max(0, p.now.Sub(*oldest)).Round(time.Minute))
	}
	return []Finding{f}, nil
}
