package web

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/ratelimit"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/telemetry"
	"github.com/corpintel/corpintel/web/answers"
	"github.com/corpintel/corpintel/web/document"
	"github.com/corpintel/corpintel/web/guard"
	"github.com/corpintel/corpintel/web/shed"
)

// Options are what a handler depends on. Required are Resolvers, RequestTimeout, Logger and Now.
type Options struct {
	Resolvers      graph.ResolverRoot
	Attach         func(context.Context) context.Context // gives a request what its resolvers share, such as loaders
	Extensions     []graphql.HandlerExtension            // of the executor
	RequestTimeout time.Duration                         // for the whole of an operation
	Limits         Limits                                // the zero value stands for DefaultLimits
	Access         Access
	Clients        *clients.Registry     // nil: everybody asks without a key
	AuthRequired   bool                  // nobody asks without a key; takes Clients
	Usage          *clients.Usage        // counts registered documents that were executed; goes with Clients
	APQ            graphql.Cache[string] // nil: texts are not kept under the hashes that clients send
	Limiter        *ratelimit.Limiter    // nil: budgets of clients are not looked at
	Work           *shed.Limiter         // of operations that are executed at the same time; nil: there is no limit
	// Companies returns those that the answer of an operation shows something of, once it was executed; nil: what an answer
	// depends on is not known, and none is kept.
	Companies func(context.Context) []*store.Company
	Answers   *answers.Cache // nil: every operation is executed; takes Companies
	// Plan tells admins who want an operation explained how its statements are executed; nil: nobody is told.
	Plan PlanFunc
	// Documents keeps documents that were parsed; default: NewDocuments of the Limits.
	Documents *document.Store
	// Telemetry counts and logs requests; default: one that logs to Logger what failed.
	Telemetry *telemetry.Telemetry
	// Profiles are told which operation is executed; nil: nobody takes any.
	Profiles *telemetry.Profiles

	Logger *slog.Logger
	Now    func() time.Time
}

// Limits are what a request may cost before it is executed, and what is kept for the next one.
type Limits struct {
	guard.Limits // of a document

	BodyBytes     int64 // of a request, as it is sent
	Cost          int   // of an operation, see package cost
	DocumentBytes int64 // of memory for documents that were parsed
}

// DefaultLimits returns the limits of a server that was told nothing else. Of a body within them it is known in at most
// 20 ms of one core whether it is refused.
func DefaultLimits() Limits {
	return Limits{Limits: guard.Defaults(), BodyBytes: 100 << 10, Cost: 500_000, DocumentBytes: 32 << 20}
}

// NewDocuments returns where a handler parses, validates and keeps documents within the limits.
func NewDocuments(l Limits) *document.Store {
	return document.NewStore(newSchema(), l.Limits, l.DocumentBytes)
}

// Access says from where a server may be asked. The zero value lets in everybody, and pages of no other origin.
type Access struct {
	// LocalOnly is set for a server that listens on the loopback: its clients call it by a name of the loopback. A page
	// that made its own name lead there (DNS rebinding) does not.
	LocalOnly bool
	// Hosts are further names that a LocalOnly server goes by, such as that of a proxy on the same machine.
	Hosts []string
	// Proxies are those whose X-Forwarded-For is believed.
	Proxies []netip.Prefix
	// Origins are those whose pages may ask and read the answers (CORS), such as https://app.example.com; * is all.
	Origins []string
}
