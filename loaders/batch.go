package loaders

import (
	"context"

	"github.com/corpintel/corpintel/store"
)

// Batch is what one resolver wants to know before it returns; the loaders' Want methods add to it. It is not safe for
// concurrent use.
type Batch struct {
	set   *Set
	wants []wanted
}

type wanted interface {
	of(loader any) bool
	queue(b *store.Batch)
	deliver(err error)
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
	statements := b.set.shared.store.Batch()
	for _, w := range b.wants {
		w.queue(statements)
	}
	err := statements.Run(ctx)
	for _, w := range b.wants {
		w.deliver(err)
	}
}
