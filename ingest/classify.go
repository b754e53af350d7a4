package ingest

import (
	"context"

	"github.com/corpintel/corpintel/edgar"
)

// classify derives sector and industry of companies that a file created or described. It must follow what the file
// changed; where symbols get other holders, classifyRivals follows.
func (t *transaction) classify(ctx context.Context, ciks []edgar.CIK) error {
	_, err := t.exec(ctx, classifyTouched, ciks)
	return err
}

const classifyTouched = `-- name: classifyTouched
` + classifyStart + `
  select c.id
  from companies c
  where c.cik = any($1)
` + classifyEnd

// classifyIndexed is classify for the companies of an index, which has no symbols.
const classifyIndexed = `-- name: classifyIndexed
` + classifyStart + `
  select c.id
  from stage_filings s
  join companies c on c.cik = s.cik
` + classifyEnd

// classifyStart and classifyEnd enclose a statement that selects ids of companies. A company has the sector and the
// industry of its classification, which is the newest of those of its CIK and of its present symbols, of one day that of
// the CIK, then the greater; what that leaves open, and all where there is none, is as its SIC code says. Without any
// classification in the database there is nothing to do.
const classifyStart = `with touched (id) as (`

const classifyEnd = `), chosen as (
  select c.id, coalesce(k.sector, c.sic_sector) as sector, coalesce(k.industry, c.sic_industry) as industry
  from (select distinct id from touched where exists (select from classifications)) t
  join companies c on c.id = t.id
  left join lateral (
    select k.*
    from classifications k
    where k.cik = c.cik
    union all
    select k.*
    from securities s
    join classifications k on k.symbol = s.symbol
    where s.company_id = c.id and s.valid_to is null
    order by as_of desc, cik nulls last, sector desc nulls last, industry desc nulls last
    limit 1
  ) k on true
), written as (
  update companies c
  set sector = chosen.sector, industry = chosen.industry
  from chosen
  where chosen.id = c.id and (c.sector, c.industry) is distinct from (chosen.sector, chosen.industry)
  returning c.id
)` + noteCompanies
