package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
	"github.com/corpintel/corpintel/web/review"
)

// documentsCheck holds documents against another schema.
type documentsCheck struct {
	Schema string             `required:"" placeholder:"FILE" help:"Changed schema (SDL); of a folder all .graphqls, .graphql and .gql files."`
	Files  []string           `arg:"" optional:"" name:"file" help:"More files of the schema."`
	JSON   bool               `name:"json" help:"Write JSON."`
	Limits documentLimitFlags `embed:"" group:"limits"`
}

const (
	// checkedAtOnce is how many texts are read at once: 20 MiB at most.
	checkedAtOnce = 200
	// maxProblems is how many problems of a document are told.
	maxProblems = 10
)

// Run checks all documents that are executed.
func (c *documentsCheck) Run(ctx context.Context, e *Environment, flags *databaseFlags, logger *slog.Logger) error {
	schema, err := loadSchema(append([]string{c.Schema}, c.Files...))
	if err != nil {
		return err
	}
	return withDocuments(ctx, e, flags, logger, "", func(s *store.Store) error {
		found, err := checkDocuments(ctx, s, newReviewer(schema, &c.Limits), e.Now())
		if err != nil {
			return err
		}
		if c.JSON {
			err = writeJSON(e.Stdout, found)
		} else {
			err = found.write(e.Stdout)
		}
		if err == nil && len(found.Broken) > 0 {
			return fmt.Errorf("the schema breaks %s", countedDocuments(len(found.Broken)))
		}
		return err
	})
}

// newReviewer returns what judges documents as a server with these limits would.
func newReviewer(schema *ast.Schema, flags *documentLimitFlags) *review.Reviewer {
	return review.New(review.Options{
		Schema: schema, Limits: flags.documentLimits(), Cost: int(flags.Cost), MaxPage: store.MaxPage,
	})
}

// loadSchema reads a schema from files and folders.
func loadSchema(paths []string) (*ast.Schema, error) {
	var sources []*ast.Source
	for _, path := range paths {
		files, err := schemaFiles(path)
		if err != nil {
			return nil, fmt.Errorf("schema: %w", err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("schema: %s has no .graphqls, .graphql or .gql files", path)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("schema: %w", err)
			}
			sources = append(sources, &ast.Source{Name: file, Input: string(text)})
		}
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	if schema.Query == nil {
		return nil, errors.New("schema: it has no type Query")
	}
	return schema, nil
}

// schemaFiles returns the file of a path, or those in the folder, by name.
func schemaFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	var files []string
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".graphqls", ".graphql", ".gql"}, filepath.Ext(file)) {
			files = append(files, file)
		}
		return err
	})
	return files, err
}

// checkResult is what a check finds.
type checkResult struct {
	Texts  int               `json:"texts"` // that were checked: documents with the same one share it
	Broken []*brokenDocument `json:"broken"`
}

// brokenDocument is a document that the schema would break.
type brokenDocument struct {
	*documentRow
	Problems []checkProblem `json:"problems"`

	lastUsedAt time.Time
}

// checkProblem is what is wrong with a document. Line and column are those in its text, from 1; 0 where no place is meant.
type checkProblem struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Reason string `json:"reason"`
}

// checkDocuments reviews every text that is executed. Those used last come first.
func checkDocuments(ctx context.Context, s *store.Store, reviewer *review.Reviewer, now time.Time) (*checkResult, error) {
	result := &checkResult{Broken: []*brokenDocument{}}
	today := edgar.DateOf(now)
	for after := []byte{}; after != nil; {
		texts, last, err := s.ExecutedTexts(ctx, after, today, checkedAtOnce)
		if err != nil {
			return nil, err
		}
		after = last
		broken, err := brokenOf(ctx, s, reviewer, texts, now)
		if err != nil {
			return nil, err
		}
		result.Texts += len(texts)
		result.Broken = append(result.Broken, broken...)
	}
	slices.SortFunc(result.Broken, func(a, b *brokenDocument) int {
		return cmp.Or(
			b.lastUsedAt.Compare(a.lastUsedAt), cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.Client, b.Client), cmp.Compare(a.ID, b.ID),
		)
	})
	return result, nil
}

// brokenOf returns the documents of some texts that are broken.
func brokenOf(
	ctx context.Context, s *store.Store, reviewer *review.Reviewer, texts []store.StoredText, now time.Time,
) ([]*brokenDocument, error) {
	problems := make(map[[32]byte][]checkProblem)
	var hashes [][]byte
	for i := range texts {
		if _, found := reviewer.Review(texts[i].Text); len(found) > 0 {
			for _, p := range found[:min(len(found), maxProblems)] {
				problems[texts[i].Hash] = append(problems[texts[i].Hash], checkProblem(p))
			}
			hashes = append(hashes, texts[i].Hash[:])
		}
	}
	if len(hashes) == 0 {
		return nil, nil
	}
	documents, err := s.ExecutedDocuments(ctx, hashes, edgar.DateOf(now))
	if err != nil {
		return nil, err
	}
	broken := make([]*brokenDocument, len(documents))
	for i, d := range documents {
		broken[i] = &brokenDocument{documentRow: describeDocument(d, now), Problems: problems[d.Hash]}
		if d.LastUsedAt != nil {
			broken[i].lastUsedAt = *d.LastUsedAt
		}
	}
	return broken, nil
}

// write tells the result to people.
func (r *checkResult) write(w io.Writer) error {
	var out strings.Builder
	for _, d := range r.Broken {
		used := "never used"
		if d.LastUsedAt != nil {
			used = fmt.Sprintf("used %s times, last at %s", grouped(d.Count), *d.LastUsedAt)
		}
		fmt.Fprintf(&out, "%s  %s  %s  %s\n", d.Client, d.ID, d.operations(), used)
		for _, p := range d.Problems {
			place := "    "
			if p.Line > 0 {
				place += fmt.Sprintf("%d:%d: ", p.Line, p.Column)
			}
			out.WriteString(place + p.Reason + "\n")
		}
	}
	fmt.Fprintf(&out, "%s broken, %s checked\n", countedDocuments(len(r.Broken)), countedTexts(r.Texts))
	_, err := io.WriteString(w, out.String())
	return err
}

// countedTexts counts texts.
func countedTexts(n int) string {
	if n == 1 {
		return "1 text"
	}
	return grouped(int64(n)) + " texts"
}
