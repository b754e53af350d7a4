package events

import (
	"context"
	"errors"

	"github.com/corpintel/corpintel/store"
)

// source is where the outbox is read. An error of read means that the next one starts anew.
type source interface {
	read(context.Context, store.OutboxPosition) (*store.OutboxRead, error)
	history(context.Context) (*store.OutboxHistory, error)
	wait(context.Context)  // returns when there may be new rows, at the latest when the context is done
	deaf() string          // why wait is told nothing; "" where it is
	close(context.Context) // ends what read has opened
}

// ErrNoHistory means that a follower has no connection of its own, by which the outbox's Source could be told.
var ErrNoHistory = errors.New("the outbox is read through others' connections")

// polled reads on the connections of a store.
type polled struct{ store *store.Store }

func (p *polled) read(ctx context.Context, since store.OutboxPosition) (*store.OutboxRead, error) {
	return p.store.ReadOutbox(ctx, since)
}

func (*polled) history(context.Context) (*store.OutboxHistory, error) { return nil, ErrNoHistory }

func (*polled) wait(ctx context.Context) { <-ctx.Done() }

func (*polled) deaf() string { return "there is no address without a connection pooler" }

func (*polled) close(context.Context) {}

// direct reads on a connection of its own, and opens another one when that is lost.
type direct struct {
	url      string
	listener *store.OutboxListener // nil: none
}

// read fails also when the connection was lost before: then it reads from the beginning, on another one.
func (d *direct) read(ctx context.Context, since store.OutboxPosition) (*store.OutboxRead, error) {
	if d.listener == nil {
		listener, err := store.ListenOutbox(ctx, d.url)
		if err != nil {
			return nil, err
		}
		d.listener, since = listener, store.OutboxPosition{}
	}
	read, err := d.listener.Read(ctx, since)
	if err != nil {
		d.close(ctx)
		return nil, err
	}
	return read, nil
}

func (d *direct) history(ctx context.Context) (*store.OutboxHistory, error) {
	if d.listener == nil || d.listener.Pooled() {
		return nil, ErrNoHistory
	}
	return d.listener.History(ctx)
}

func (d *direct) wait(ctx context.Context) {
	if d.listener == nil || d.listener.Pooled() {
		<-ctx.Done()
		return
	}
	if err := d.listener.Wait(ctx); err != nil {
		d.close(ctx)
	}
}

func (d *direct) deaf() string {
	if d.listener != nil && d.listener.Pooled() {
		return "a connection pooler stands in between, set DATABASE_DIRECT_URL"
	}
	return ""
}

func (d *direct) close(ctx context.Context) {
	if d.listener != nil {
		d.listener.Close(ctx)
		d.listener = nil
	}
}
