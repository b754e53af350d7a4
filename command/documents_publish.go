package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"

	"github.com/corpintel/corpintel/auth"
	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/graph"
	"github.com/corpintel/corpintel/graph/persisted"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/review"
)

// maxFaults is how many faults are told.
const maxFaults = 50

// documentsPublish registers documents.
type documentsPublish struct {
	Client     string             `required:"" placeholder:"NAME" help:"Client that will call them."`
	Reactivate bool               `help:"Make documents among them that are retired, will be retired or are revoked active again."`
	Files      []string           `arg:"" name:"file" help:"Persisted query manifests of Apollo, maps of Relay ({id: text}), or .graphql files."`
	Limits     documentLimitFlags `embed:"" group:"limits"`
}

// Run registers the documents.
func (c *documentsPublish) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	return withDocuments(ctx, e, flags, logger, c.Client, func(s *store.Store) error {
		client, err := s.ClientByName(ctx, c.Client)
		if err != nil {
			return err
		}
		role, err := auth.ParseRole(client.Role)
		if err != nil {
			return err
		}
		p := &publication{
			client: c.Client, mayIntrospect: role.Permissions().Introspection, limit: int(c.Limits.Cost),
			reviewer: newReviewer(graph.NewExecutableSchema(graph.Config{}).Schema(), &c.Limits),
			places:   make(map[string]place),
		}
		if err := p.read(ctx, c.Files); err != nil {
			return err
		}
		if len(p.faults) == 0 {
			err = p.store(ctx, s, edgar.DateOf(e.Now()), c.Reactivate)
		}
		if err != nil {
			return err
		}
		return p.report(e)
	})
}

// publication is a set of documents on its way from files to the store.
type publication struct {
	client        string
	mayIntrospect bool
	limit         int // of cost
	reviewer      *review.Reviewer

	places    map[string]place // by id
	documents []store.NewDocument
	bytes     int // of all texts
	faults    persisted.FileErrors
	dear      []string // documents that may cost too much
	done      store.Publication
}

// place is where a document was found.
type place struct {
	persisted.Entry // without its text

	hash [32]byte // of its text
}

// read reads and reviews all files. Error: that of ctx.
func (p *publication) read(ctx context.Context, files []string) error {
	for _, name := range files {
		entries, err := parseFile(name)
		if faults, ok := errors.AsType[persisted.FileErrors](err); ok {
			p.faults = append(p.faults, faults...)
		} else if err != nil {
			return err
		}
		for _, entry := range entries {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if len(p.faults) >= maxFaults {
				return nil
			}
			p.add(entry)
		}
	}
	return nil
}

// parseFile reads a file.
func parseFile(name string) ([]persisted.Entry, error) {
	file, err := os.Open(name)
	if err != nil {
		reason := err.Error()
		if pathError, ok := errors.AsType[*fs.PathError](err); ok {
			reason = pathError.Err.Error()
		}
		return nil, persisted.FileErrors{{File: name, Reason: reason}}
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, persisted.FileErrors{{File: name, Reason: "this is a folder: name the files"}}
	}
	return persisted.Parse(name, file)
}

// add reviews an entry and makes it one of the documents, or notes what is wrong with it.
func (p *publication) add(entry persisted.Entry) {
	if before, again := p.places[entry.ID]; again {
		p.addAgain(entry, before)
		return
	}
	p.bytes += len(entry.Text)
	if len(p.documents) == persisted.MaxDocuments || p.bytes > persisted.MaxFileBytes {
		p.fault(entry, review.Problem{Reason: fmt.Sprintf("the files together have more than %d documents or %d MiB: publish them one after the other",
			persisted.MaxDocuments, persisted.MaxFileBytes>>20)})
		return
	}
	found, problems := p.reviewer.Review(entry.Text)
	shape, err := persisted.Shape(entry.Text)
	if err != nil && len(problems) == 0 {
		problems = []review.Problem{{Reason: err.Error()}}
	}
	if len(problems) == 0 {
		problems = p.disagreements(entry, found)
	}
	if entry.Name == "" {
		entry.Name = persisted.OperationName(entry.Text)
	}
	for _, problem := range problems {
		p.fault(entry, problem)
	}
	document := store.NewDocument{ID: entry.ID, Hash: persisted.Hash(entry.Text), Shape: shape, Text: entry.Text}
	tooDear := false
	for _, operation := range found.Operations {
		document.Operations = append(document.Operations, operation.Name)
		tooDear = tooDear || operation.Cost > p.limit
	}
	if tooDear && len(problems) == 0 {
		p.dear = append(p.dear, entry.String())
	}
	p.documents = append(p.documents, document)
	entry.Text = ""
	p.places[entry.ID] = place{entry, document.Hash}
}

// addAgain sees an id that another file has, too: with the same text it is the same document.
func (p *publication) addAgain(entry persisted.Entry, before place) {
	if persisted.Hash(entry.Text) != before.hash {
		p.fault(entry, review.Problem{Reason: fmt.Sprintf("the id has another text in %s, line %d", before.File, before.Line)})
	}
}

// disagreements returns what a valid document has that its client may not ask, or that is not what its file says of it.
func (p *publication) disagreements(entry persisted.Entry, found review.Document) []review.Problem {
	var problems []review.Problem
	if found.Introspects && !p.mayIntrospect {
		problems = append(problems, review.Problem{
			Reason: "it asks for __schema or __type, which the role of " + p.client + " may not",
		})
	}
	if entry.Name == "" {
		return problems
	}
	var names []string
	for _, operation := range found.Operations {
		if operation.Name == entry.Name {
			if entry.Type != "" && entry.Type != operation.Type {
				problems = append(problems, review.Problem{
					Reason: fmt.Sprintf("the file says that it is a %s, its text has a %s", entry.Type, operation.Type),
				})
			}
			return problems
		}
		names = append(names, fmt.Sprintf("%q", operation.Name))
	}
	return append(problems, review.Problem{
		Reason: fmt.Sprintf("the file says that its operation is called %s, in its text it is %s", entry.Name, strings.Join(names, ", ")),
	})
}

// fault notes what is wrong with an entry. The place is that in the file where the file is the text.
func (p *publication) fault(entry persisted.Entry, problem review.Problem) {
	fault := &persisted.FileError{File: entry.File, Line: entry.Line, Document: entry.String(), Reason: problem.String()}
	if entry.Whole {
		fault.Line, fault.Column, fault.Reason = problem.Line, problem.Column, problem.Reason
	}
	p.faults = append(p.faults, fault)
}

// store registers the documents. What it refuses are faults.
func (p *publication) store(ctx context.Context, s *store.Store, today edgar.Date, reactivate bool) error {
	done, err := s.PublishDocuments(ctx, p.client, p.documents, today, reactivate)
	refused, ok := errors.AsType[*store.DocumentsError](err)
	if !ok {
		p.done = done
		return err
	}
	for _, d := range refused.Differ {
		p.fault(p.places[d.ID].Entry, review.Problem{
			Reason: "another text is registered under the id, and callers rely on it: publish this one under another id",
		})
	}
	for _, d := range refused.Ended {
		p.fault(p.places[d.ID].Entry, review.Problem{
			Reason: "it was " + endedWords(d) + ": take it out of the file, or make it active again with --reactivate",
		})
	}
	return nil
}

// endedWords says how a document ended.
func endedWords(d *store.KnownDocument) string {
	if d.RevokedAt != nil {
		return "revoked at " + d.RevokedAt.UTC().Format(timeLayout)
	}
	return "retired on " + d.RetireOn.String()
}

// report tells what was done, or what is wrong.
func (p *publication) report(e *Environment) error {
	if n := len(p.faults); n > 0 {
		for _, fault := range p.faults[:min(n, maxFaults)] {
			fmt.Fprintln(e.Stderr, fault)
		}
		if n >= maxFaults {
			return fmt.Errorf("nothing was published: there are %d faults and perhaps more, see above", maxFaults)
		}
		if n == 1 {
			return errors.New("nothing was published: there is a fault, see above")
		}
		return fmt.Errorf("nothing was published: there are %d faults, see above", n)
	}
	for _, d := range p.done.Retiring[:min(len(p.done.Retiring), maxFaults)] {
		fmt.Fprintf(e.Stderr, "note: %s will be refused from %s on\n", p.places[d.ID].Entry, d.RetireOn)
	}
	if len(p.dear) > 0 {
		fmt.Fprintf(e.Stderr, "note: with the largest pages that their variables allow %s dearer than %s, and such calls are refused: %s\n",
			documentsAre(len(p.dear)), grouped(int64(p.limit)), listed(p.dear))
	}
	fmt.Fprintf(e.Stdout, "%s: %s: %s new, %s unchanged, %s active again\n", p.client, countedDocuments(len(p.documents)),
		grouped(int64(p.done.Added)), grouped(int64(p.done.Unchanged)), grouped(int64(p.done.Reactivated)))
	return nil
}

// listed joins a few of a list.
func listed(all []string) string {
	const few = 5
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:few], ", "), len(all)-few)
}
