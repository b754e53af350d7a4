package web

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/graph/gqlerr"
	"github.com/corpintel/corpintel/ratelimit"
)

// costHeader asks for extensions.cost.
const costHeader = "Corpintel-Cost"

// spending is what an operation costs, and what its client has left.
type spending struct {
	estimate, limit int
	budget          *ratelimit.Decision // nil for a client without one
}

// pay estimates the cost of an operation and takes it from the client's budget. Errors: *refusal, gqlerror.List.
func (e *exchange) pay(ctx context.Context, operation *graphql.OperationContext) error {
	e.cost.estimate, e.cost.limit = e.costs.Estimate(operation.Operation, operation.Variables), e.limits.Cost
	e.record.Cost = e.cost.estimate
	if e.cost.estimate > e.cost.limit {
		e.record.Exceed("cost")
		refused := gqlerror.Errorf("the operation could cost %d, more than %d is not given: ask for smaller pages or fewer levels of them",
			e.cost.estimate, e.cost.limit)
		refused.Extensions = map[string]any{
			"code": string(gqlerr.TooComplex), "estimate": e.cost.estimate, "limit": e.cost.limit,
			"dearest": e.costs.Dearest(operation.Operation, operation.Variables),
		}
		return gqlerror.List{refused}
	}
	if refused := e.spend(ctx, max(e.cost.estimate, 1)); refused != nil {
		return refused
	}
	return nil
}

// refusedBytes is of how many bytes of a text it costs 1 to find that it cannot be executed: a processor is busy with them about as
// long as with a field of an answer.
const refusedBytes = 4

// payForRefusal takes from the client's budget what it cost to find that a text cannot be executed, or is too dear. What
// is refused by a look at the request costs nothing; nil also then.
func (e *exchange) payForRefusal(ctx context.Context, why error) *refusal {
	if _, atSight := errors.AsType[*refusal](why); atSight {
		return nil
	}
	return e.spend(ctx, 1+len(e.request.Query)/refusedBytes)
}

// spend takes a cost from the client's budget, if it has one; nil when there was enough of it.
func (e *exchange) spend(ctx context.Context, cost int) *refusal {
	viewer := &e.client.Viewer
	if e.limiter == nil || viewer.Budget == 0 {
		return nil
	}
	decision := e.limiter.Spend(ctx, viewer.Client, viewer.Budget, int64(cost))
	e.cost.budget = &decision
	setRateLimit(e.w.Header(), &decision)
	if decision.Allowed {
		return nil
	}
	e.record.Spent()
	limit := strconv.FormatInt(decision.Limit, 10)
	reason := "the client has spent its budget of " + limit + " a minute"
	if decision.TooCostly {
		reason = "the operation could cost " + strconv.Itoa(cost) + ", more than the client's whole budget of " + limit + " a minute: ask for less"
	}
	return &refusal{
		status: http.StatusTooManyRequests, code: gqlerr.RateLimited, retryAfter: decision.RetryAfter, reason: reason,
		extensions: map[string]any{"estimate": cost, "limit": decision.Limit, "remaining": decision.Remaining},
	}
}

// giveBack gives back what was spent for an operation that is not executed.
func (e *exchange) giveBack() {
	if e.cost.budget == nil {
		return
	}
	viewer := &e.client.Viewer
	decision := e.limiter.Refund(viewer.Client, viewer.Budget, int64(max(e.cost.estimate, 1)))
	e.cost.budget = &decision
	setRateLimit(e.w.Header(), &decision)
}

// setRateLimit tells a client what is left of its budget (draft-ietf-httpapi-ratelimit-headers).
func setRateLimit(header http.Header, d *ratelimit.Decision) {
	header.Set("Ratelimit-Policy", `"cost";q=`+strconv.FormatInt(d.Limit, 10)+`;w=60`)
	header.Set("Ratelimit", `"cost";r=`+strconv.FormatInt(d.Remaining, 10)+`;t=`+strconv.Itoa(int(math.Ceil(d.Reset.Seconds()))))
}

// told is what extensions.cost has.
func (s *spending) told() map[string]any {
	told := map[string]any{"estimate": s.estimate, "limit": s.limit}
	if s.budget != nil {
		told["budget"] = map[string]any{
			"limit": s.budget.Limit, "remaining": s.budget.Remaining, "resetSeconds": int(math.Ceil(s.budget.Reset.Seconds())),
		}
	}
	return told
}
