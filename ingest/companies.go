package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

// nameRank says how good a kind of file is at naming companies. The numbers are stored in the database.
type nameRank int16

const (
	rankNone        nameRank = iota // named by its CIK only, or by an index, which often cuts names
	rankFacts                       // company facts: often an old or shortened name
	rankTickers                     // ticker files
	rankSubmissions                 // submissions
)

const nameCompanies = `-- name: nameCompanies
with written as (
  insert into companies (cik, name, search_text, name_rank, name_as_of)
  select cik, name, search_text, $4, $5
  from unnest($1::bigint[], $2::text[], $3::text[]) as named (cik, name, search_text)
  order by cik
` + renameCompanies

const renameCompanies = `  on conflict (cik) do update
  set name = excluded.name,
    search_text = excluded.search_text,
    name_rank = excluded.name_rank,
    name_as_of = excluded.name_as_of
  where (excluded.name_rank, excluded.name_as_of, excluded.name) > (companies.name_rank, companies.name_as_of, companies.name)
  returning id
)` + noteCompanies

// nameCompanies creates the companies that do not exist, and gives the others the names where they are from a better
// kind of file than the present ones, or a newer one. No CIK may occur twice.
func (t *transaction) nameCompanies(ctx context.Context, ciks []edgar.CIK, names []string, rank nameRank, asOf edgar.Date) error {
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = store.FoldSearch(name)
	}
	_, err := t.exec(ctx, nameCompanies, ciks, names, folded, rank, asOf.Time())
	return err
}

// entity is a filer and the date of the snapshot that describes it.
type entity struct {
	*edgar.Entity
	asOf edgar.Date
}

// describeCompanies creates the companies of submissions documents, or gives them the documents' attributes where they
// were described by none or by an older one. Of two documents of one day the one with the greater attributes describes
// the company. No company may occur twice. Sector and industry are left as the SIC code says: classify must follow.
func (t *transaction) describeCompanies(ctx context.Context, entities []entity) error {
	_, err := t.tx.CopyFrom(ctx, pgx.Identifier{"stage_companies"},
		[]string{
			"cik", "as_of", "name", "former_names", "search_text", "sic", "sic_sector", "sic_industry", "country", "fiscal_year_end",
		},
		pgx.CopyFromSlice(len(entities), func(i int) ([]any, error) {
			e := entities[i]
			return []any{
				int64(e.CIK), e.asOf.Time(), e.Name, e.FormerNames, searchText(e), text(e.SIC),
				text(edgar.SICDivision(e.SIC)), text(e.SICDescription), text(e.Country), text(e.FiscalYearEnd),
			}, nil
		}))
	if err != nil {
		return fmt.Errorf("stage companies: %w", err)
	}
	if _, err := t.exec(ctx, noteDescribed); err != nil {
		return err
	}
	_, err = t.exec(ctx, describeCompanies, rankSubmissions)
	return err
}

// noteDescribed notes companies that are described for the first time: from then on their first filing is known to be the
// first, which bounds what they held, even where no filing is new.
const noteDescribed = `-- name: noteDescribed
insert into changed_companies (company_id)
select c.id
from stage_companies s
join companies c on c.cik = s.cik
where c.submissions_as_of is null`

// searchText is what a search looks through: the name and the former names, folded, each once and one a line.
func searchText(e entity) string {
	lines := []string{store.FoldSearch(e.Name)}
	for _, name := range e.FormerNames {
		if line := store.FoldSearch(name); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

const describeCompanies = `-- name: describeCompanies
with written as (
  insert into companies (cik, name, former_names, search_text, sic, sector, industry, country, fiscal_year_end,
    sic_sector, sic_industry, name_rank, name_as_of, submissions_as_of)
  select cik, name, coalesce(former_names, '{}'), search_text, sic, sic_sector, sic_industry, country, fiscal_year_end,
    sic_sector, sic_industry, $1, as_of, as_of
  from stage_companies
  order by cik
  on conflict (cik) do update
  set name = excluded.name,
    former_names = excluded.former_names,
    search_text = excluded.search_text,
    sic = excluded.sic,
    sector = excluded.sector,
    industry = excluded.industry,
    country = excluded.country,
    fiscal_year_end = excluded.fiscal_year_end,
    sic_sector = excluded.sic_sector,
    sic_industry = excluded.sic_industry,
    name_rank = excluded.name_rank,
    name_as_of = excluded.name_as_of,
    submissions_as_of = excluded.submissions_as_of
  where row(excluded.name_rank, excluded.name_as_of, excluded.name, excluded.former_names collate "C", excluded.sic collate "C",
      excluded.sic_sector, excluded.sic_industry, excluded.country, excluded.fiscal_year_end collate "C")::record
    > row(companies.name_rank, companies.name_as_of, companies.name, companies.former_names collate "C", companies.sic collate "C",
      companies.sic_sector, companies.sic_industry, companies.country, companies.fiscal_year_end collate "C")::record
  returning id
)` + noteCompanies

// company is what an import needs to know of a company.
type company struct {
	id        int64
	factsAsOf *time.Time // date of its newest company facts; nil when there were none
}

const companyByCIK = `-- name: companyByCIK
select id, facts_as_of from companies where cik = $1`

func (t *transaction) companyByCIK(ctx context.Context, cik edgar.CIK) (company, error) {
	var c company
	if err := t.tx.QueryRow(ctx, companyByCIK, cik).Scan(&c.id, &c.factsAsOf); err != nil {
		return company{}, fmt.Errorf("company %s: %w", cik, err)
	}
	return c, nil
}

// placeholderName is the name of a company of which only an older page of its filings is known.
func placeholderName(cik edgar.CIK) string { return "CIK " + cik.String() }

// text makes "" null.
func text(s string) pgtype.Text { return pgtype.Text{String: s, Valid: s != ""} }
