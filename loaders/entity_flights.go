package loaders

import (
	"errors"
	"sync"
)

// flight is one question to the database, for whose answer others wait that want the same.
type flight struct {
	done   chan struct{} // closed when the rest is there
	number uint64        // of the last change that was known before the question
	values any           // a slice of the values, by place
	err    error
}

// errUnfinished is the error of a flight that a panic has ended.
var errUnfinished = errors.New("the question was not finished")

// flights are those under way, by the names of what they bring.
type flights struct {
	mu   sync.Mutex
	ways map[wanting]place
}

// wanting is what is brought; of latest values a part is not the whole.
type wanting struct {
	name name
	part bool
}

// place is where in a flight's values one is.
type place struct {
	flight *flight
	at     int32
}

// awaited is a value that another question brings.
type awaited struct {
	place

	to int32 // where it belongs
}

// board divides what is missing at the places into what the flight asks for and what others bring already, unless something has
// changed since they asked. What has come in the meantime is put where it belongs by found.
func (e *Entities) board(f *flight, names []name, missing []int32, part bool, found func(int32, any)) (led []int32, others []awaited) {
	e.flights.mu.Lock()
	defer e.flights.mu.Unlock()
	if e.flights.ways == nil {
		e.flights.ways = make(map[wanting]place)
	}
	led = missing[:0]
	for _, i := range missing {
		want := wanting{names[i], part}
		if p, ok := e.flights.ways[want]; ok && e.changes.spare(names[i], p.flight.number, nil) {
			others = append(others, awaited{p, i})
			continue
		}
		// Who brings a value keeps it before it leaves: it is in one of the two places, or nobody has asked.
		if value, ok, _ := e.get(names[i], part); ok {
			found(i, value)
			continue
		}
		e.flights.ways[want] = place{f, i}
		led = append(led, i)
	}
	return led, others
}

// land ends a flight.
func (e *Entities) land(f *flight, names []name, led []int32, part bool) {
	e.flights.mu.Lock()
	for _, i := range led {
		want := wanting{names[i], part}
		if e.flights.ways[want].flight == f {
			delete(e.flights.ways, want)
		}
	}
	e.flights.mu.Unlock()
	close(f.done)
}
