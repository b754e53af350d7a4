package command

import (
	"errors"
	"strconv"
	"time"

	"github.com/corpintel/corpintel/web/shed"
)

// overloadFlags say from where on operations are turned away.
type overloadFlags struct {
	Concurrency concurrency `name:"max-concurrency" setting:"CORPINTEL_MAX_CONCURRENCY" default:"auto" placeholder:"N" help:"Most operations that are executed at the same time, or off for no limit; auto is twice the pool size. Those that come beyond wait, and are turned away where that would take too long."`
	QueueWait   duration    `name:"max-queue-wait" setting:"CORPINTEL_MAX_QUEUE_WAIT" default:"1s" placeholder:"DURATION" help:"Longest time for which an operation waits to be executed."`
}

// concurrency is how many operations are executed at the same time.
type concurrency struct {
	places int // 0: that depends on the size of the pool
	off    bool
}

// maxConcurrency is more than any machine has a use for.
const maxConcurrency = 100_000

// UnmarshalText reads a concurrency.
func (c *concurrency) UnmarshalText(text []byte) error {
	switch string(text) {
	case "auto":
		*c = concurrency{}
		return nil
	case "off":
		*c = concurrency{off: true}
		return nil
	}
	places, err := strconv.Atoi(string(text))
	if err != nil || places < 1 || places > maxConcurrency {
		return errors.New("want a whole number from 1 to " + strconv.Itoa(maxConcurrency) + ", auto or off")
	}
	*c = concurrency{places: places}
	return nil
}

// placesPerConnection is how many operations there are for each connection: while one waits for the database another one's answer
// is made.
const placesPerConnection = 2

// patience is how long operations wait for a place while the database is away: for as long as reads are tried again.
const patience = 3 * time.Second

// limiter returns what bounds the operations of a server with a pool of a size; nil: nothing does.
func (f overloadFlags) limiter(poolSize int, now func() time.Time, isAway func() bool) *shed.Limiter {
	if f.Concurrency.off {
		return nil
	}
	places := f.Concurrency.places
	if places == 0 {
		places = placesPerConnection * poolSize
	}
	return shed.New(shed.Options{Places: places, MaxWait: time.Duration(f.QueueWait), Now: now, IsHeld: isAway, Patience: patience})
}
