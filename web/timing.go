package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/telemetry"
)

const (
	// timingHeader asks for the header Server-Timing, which only who operates the server is told.
	timingHeader = "Corpintel-Timing"
	// serverTiming says how long what took, in milliseconds (W3C Server Timing).
	serverTiming = "Server-Timing"
	// executing is the part in which the operation is executed, or waits to be.
	executing = "execute"
)

// timing notes how long the parts of a request take, for who asks for it and for its trace. A nil timing notes nothing.
type timing struct {
	now    func() time.Time
	record *telemetry.Request
	last   time.Time
	asked  bool
	told   []byte
}

// newTiming returns the timing of the request, nil unless it asks for one and may, or is traced.
func (e *exchange) newTiming() *timing {
	asked := wants(e.r, timingHeader) && e.client.Viewer.Role == auth.RoleAdmin
	if !asked && !e.record.Traced() {
		return nil
	}
	t := &timing{now: e.now, record: e.record, last: e.record.Start(), asked: asked}
	t.mark("read")
	return t
}

// mark ends a part.
func (t *timing) mark(part string) {
	if t == nil {
		return
	}
	now := t.now()
	if t.asked {
		t.add(part, now.Sub(t.last))
	}
	if part != executing { // the operation has a span of its own
		t.record.Part(part, t.last, now)
	}
	t.last = now
}

func (t *timing) add(part string, took time.Duration) {
	if len(t.told) > 0 {
		t.told = append(t.told, ", "...)
	}
	t.told = append(append(t.told, part...), ";dur="...)
	t.told = strconv.AppendFloat(t.told, float64(took.Microseconds())/1000, 'f', 3, 64)
}

// tell adds the header to an answer, which is about to be sent. database is how long statements took, within the other parts; of
// those that went on at the same time all count.
func (t *timing) tell(header http.Header, last string, database time.Duration) {
	if t == nil {
		return
	}
	t.mark(last)
	if !t.asked {
		return
	}
	t.add("db", database)
	header.Set(serverTiming, string(t.told))
}
