package web

import (
	"context"
	"net/http"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"github.com/corpintel/corpintel/clients"
	"github.com/corpintel/corpintel/explain"
)

// explainHeader asks for extensions.explain: how the operation was executed. Of roles that may not know (auth.Permissions) it is
// ignored.
const explainHeader = "Corpintel-Explain"

// recorderFor returns what notes how the operation of a request is executed, nil when nobody wants to know.
func recorderFor(r *http.Request, client *clients.Client) *explain.Recorder {
	if !wants(r, explainHeader) || !client.Viewer.Permissions().Explain {
		return nil
	}
	return explain.NewRecorder()
}

// explained returns extensions.explain of an answer.
func (e *exchange) explained(ctx context.Context, operation *graphql.OperationContext, response *graphql.Response) *explain.Report {
	report := e.explain.Report(operation, graphql.Now().Sub(e.request.ReadTime.Start))
	report.Cost.Estimate = e.cost.estimate
	report.Cost.Actual, _ = e.costs.Actual(operation.Operation, operation.Variables, response.Data) // it is an answer
	if e.client.Viewer.Permissions().Statements {
		e.planner.tell(ctx, report, e.explain.Queries())
	}
	return report
}

// Bounds of the plans that are told with one answer. Each executes its statement a second time.
const (
	maxPlans  = 20
	planTime  = 2 * time.Second // of one
	plansTime = 5 * time.Second // until the last one begins
)

// PlanFunc returns how the database executes a statement, for which it has so long: store.Store.Plan.
type PlanFunc func(ctx context.Context, sql string, args []any, limit time.Duration) (string, error)

// planner tells texts and plans of statements, of one answer at a time.
type planner struct {
	plan PlanFunc // nil: there are no plans
	turn chan struct{}
	now  func() time.Time
}

func newPlanner(o Options) *planner {
	return &planner{plan: o.Plan, turn: make(chan struct{}, 1), now: o.Now}
}

// tell adds text and plan to the statements of a report; where there is no plan, why there is none.
func (p *planner) tell(ctx context.Context, report *explain.Report, queries []explain.Query) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	default:
		p = &planner{} // those of another answer are being made
	}
	var end time.Time
	if p.plan != nil {
		end = p.now().Add(plansTime)
	}
	for i := range report.Statements {
		s := &report.Statements[i]
		s.Text = &queries[i].SQL
		plan := "No plan: "
		switch {
		case s.Failed:
			plan += "the statement failed."
		case p.plan == nil:
			plan += "this server makes none now."
		case i >= maxPlans:
			plan += "there are many statements."
		case p.now().After(end):
			plan += "those before took too long."
		default:
			made, err := p.plan(ctx, queries[i].SQL, queries[i].Args, planTime)
			if plan = made; err != nil {
				plan = "No plan: " + err.Error()
			}
		}
		s.Plan = &plan
	}
}
