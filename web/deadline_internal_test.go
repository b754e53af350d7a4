package web

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"
)

// TestDeadline holds a deadline against that of package context.
func TestDeadline(t *testing.T) {
	t.Parallel()
	type key struct{}
	parent, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	defer cancel()
	at := time.Now().Add(time.Hour)
	for name, begin := range map[string]func(*deadline){
		"before it has begun": func(*deadline) {},
		"when it has":         func(d *deadline) { d.Done() },
	} {
		d := newDeadline(parent, at)
		begin(d)
		if d.Value(key{}) != "value" || d.Err() != nil {
			t.Errorf("%s: value %v, error %v", name, d.Value(key{}), d.Err())
		}
		if got, ok := d.Deadline(); !ok || !got.Equal(at) {
			t.Errorf("%s: it ends at %v", name, got)
		}
		child, end := context.WithCancel(d)
		d.end()
		<-child.Done()
		if !errors.Is(child.Err(), context.Canceled) || !errors.Is(d.Err(), context.Canceled) {
			t.Errorf("%s: the end is %v, and that of a child %v", name, d.Err(), child.Err())
		}
		end()
	}
	past := newDeadline(parent, time.Now().Add(-time.Second))
	<-past.Done()
	if !errors.Is(past.Err(), context.DeadlineExceeded) {
		t.Errorf("after its time: %v", past.Err())
	}
	past.end()
	earlier, end := context.WithDeadline(parent, at.Add(-time.Minute))
	defer end()
	if got, _ := newDeadline(earlier, at).Deadline(); !got.Equal(at.Add(-time.Minute)) {
		t.Errorf("it ends at %v, and what it is made of a minute before %v", got, at)
	}
	ended := newDeadline(parent, at)
	cancel()
	if !errors.Is(ended.Err(), context.Canceled) {
		t.Errorf("what it is made of has ended: %v", ended.Err())
	}
	ended.end()
}

// TestDeadlineCostsNothing checks that what does not wait has no timer, and that contexts made of one need no goroutine.
func TestDeadlineCostsNothing(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	defer cancel()
	at := time.Now().Add(time.Hour)
	if n := testing.AllocsPerRun(100, func() { newDeadline(parent, at).end() }); n > 1 {
		t.Errorf("%v allocations", n)
	}
	d := newDeadline(parent, at)
	defer d.end()
	before := runtime.NumGoroutine()
	for range 100 {
		_, end := context.WithCancel(context.WithValue(d, "k", "v")) //nolint:revive,staticcheck // any key
		defer end()
	}
	if more := runtime.NumGoroutine() - before; more > 50 {
		t.Errorf("%d goroutines for 100 contexts", more)
	}
}
