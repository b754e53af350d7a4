package loaders

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/explain"
	"github.com/corpintel/corpintel/store"
)

// Batch is what one resolver wants to know before it returns; the loaders' Want methods add to it. It is not safe for
// concurrent use.
type Batch struct {
	set   *Set
	wants []wanted

	field *graphql.FieldContext // that wants
	ends  []int                 // of the statements of each want, in an operation that is explained
}

type wanted interface {
	of(loader any) bool
	queue(b *store.Batch)
	settle(err error)
	deliver(ctx context.Context, err error)
	explain() func(err error) []explain.Load
}

// Batch returns an empty batch.
func (s *Set) Batch() *Batch { return &Batch{set: s} }

func (b *Batch) want(loader any, add func() wanted) wanted {
	for _, w := range b.wants {
		if w.of(loader) {
			return w
		}
	}
	w := add()
	b.wants = append(b.wants, w)
	return w
}

// Run fetches all that is wanted in one round trip and primes the loaders. An error is primed too: whoever loads a key
// of the batch gets it. The batch can be filled and run again.
func (b *Batch) Run(ctx context.Context) {
	if b.set.recorder != nil {
		b.runExplained(ctx)
		return
	}
	err := b.send(ctx)
	for _, w := range b.wants {
		w.deliver(ctx, err)
	}
}

// send sends the statements, and settles what is wanted: after it nobody waits for the batch.
func (b *Batch) send(ctx context.Context) error {
	err := errUnfinished
	defer func() {
		for _, w := range b.wants {
			w.settle(err)
		}
	}()
	statements := b.set.shared.store.Batch()
	for _, w := range b.wants {
		w.queue(statements)
		if b.set.recorder != nil {
			b.ends = append(b.ends, statements.Len())
		}
	}
	err = statements.Run(ctx)
	return err
}
