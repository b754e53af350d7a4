package migrations

import (
	_ "embed"
	"regexp"
	"strings"
)

// schema is what the migrations make, as pg_dump writes it; a test keeps it so.
//
//go:embed schema.sql
var schema string

// Index is one that the migrations make.
type Index struct {
	Name, Table string
	Unique      bool   // it keeps rows from being there twice
	SQL         string // that makes it, without a semicolon
}

var (
	indexPattern      = regexp.MustCompile(`(?m)^(CREATE (UNIQUE )?INDEX (\w+) ON public\.(\w+) .*);$`)
	constraintPattern = regexp.MustCompile(`(?m)^(ALTER TABLE ONLY public\.(\w+)\n +ADD CONSTRAINT (\w+) (?:PRIMARY KEY|UNIQUE|EXCLUDE) .*);$`)
	spaces            = regexp.MustCompile(`\s+`)
)

// Indexes returns the indexes that the migrations make on plain PostgreSQL, those behind constraints first. Their SQL names no
// schema.
func Indexes() []Index {
	var all []Index
	for _, m := range constraintPattern.FindAllStringSubmatch(schema, -1) {
		all = append(all, Index{Name: m[3], Table: m[2], Unique: true, SQL: statement(m[1])})
	}
	for _, m := range indexPattern.FindAllStringSubmatch(schema, -1) {
		all = append(all, Index{Name: m[3], Table: m[4], Unique: m[2] != "", SQL: statement(m[1])})
	}
	return all
}

// statement writes what pg_dump wrote in one line and without its schema.
func statement(dumped string) string {
	return strings.ReplaceAll(spaces.ReplaceAllString(dumped, " "), "public.", "")
}
