package ingest

import (
	"context"

	"github.com/corpintel/corpintel/store"
)

// What readers are told of.
//
// Statements that write what readers see note it: of companies and securities what they were before, so that what is set to
// and fro, or only dated anew, is no change in the end; of the rest the keys of store.Change. publishChanges, the last
// statement of a transaction, makes rows of the outbox of it.

const prepareChanges = `-- name: prepareChanges
create temporary table noted_companies (
  company_id bigint primary key,
  before text, -- null: it is new
  sector text collate "C",
  has_sic boolean
) on commit delete rows;

create temporary table noted_securities (
  security_id bigint primary key,
  company_id bigint,
  before text, -- null: it is new
  is_current boolean,
  position integer
) on commit delete rows;

create temporary table noted_changes (kind text collate "C", key text collate "C") on commit delete rows;`

// companyImage is what readers see of a company o.
const companyImage = `row(o.name, o.former_names, o.search_text, o.sic, o.sector, o.industry, o.country, o.fiscal_year_end,
    o.ticker, o.exchange, o.market_cap)::text`

// securityImage is what they see of a security o.
const securityImage = `row(o.symbol, o.exchange, o.valid_from, o.valid_to, o.is_primary)::text`

// noteCompanies ends a statement that begins by writing the rows of companies with the ids in written: it reads them as they
// were before.
const noteCompanies = `
insert into noted_companies (company_id, before, sector, has_sic)
select w.id, case when o.id is not null then ` + companyImage + ` end, o.sector, o.sic is not null
from written w
left join companies o on o.id = w.id
on conflict do nothing`

// noteSecurities is noteCompanies for securities; written has their companies too.
const noteSecurities = `
insert into noted_securities (security_id, company_id, before, is_current, position)
select w.id, w.company_id, case when o.id is not null then ` + securityImage + ` end, o.id is not null and o.valid_to is null, o.position
from written w
left join securities o on o.id = w.id
where w.company_id is not null
on conflict do nothing`

// noteCompany notes that facts of a company, or what follows from them, have changed.
const noteCompany = `-- name: noteCompany
insert into noted_changes (kind, key)
select 'company', $1::bigint::text`

// reordered are companies whose symbols stand in another order than before, if they are the same: positions are those in a
// list of all companies, so they say nothing by themselves.
const reordered = `
  select o.company_id
  from (select distinct company_id from noted_securities) c
  join securities o on o.company_id = c.company_id
  left join noted_securities n on n.security_id = o.id
  group by o.company_id
  having array_agg(o.id order by o.is_primary desc, o.valid_to desc nulls first, o.position, o.symbol)
    <> array_agg(o.id order by o.is_primary desc, o.valid_to desc nulls first,
      case when n.before is null then o.position else n.position end, o.symbol)`

// publishChanges writes the outbox. Of which filer a filing is shown with depends on who has a symbol now and a SIC code: where
// that changes, filings do.
const publishChanges = `-- name: publishChanges
with altered_companies as materialized (
  select o.id, n.sector as sector_before, o.sector, n.before is not null and n.has_sic <> (o.sic is not null) as moves
  from noted_companies n
  join companies o on o.id = n.company_id
  where n.before is distinct from ` + companyImage + `
), altered_securities as materialized (
  select n.company_id, n.is_current <> (o.id is not null and o.valid_to is null) as moves
  from noted_securities n
  left join securities o on o.id = n.security_id
  where n.before is distinct from case when o.id is not null then ` + securityImage + ` end
  union all
  select company_id, false from (` + reordered + `) o
), changed (kind, key) as (
  select 'company', id::text from altered_companies
  union
  select 'company', company_id::text from altered_securities
  union
  select 'companies', null from altered_companies
  union
  select 'companies', null from altered_securities
  union
  select 'sector', sector from altered_companies where sector is not null
  union
  select 'sector', sector_before from altered_companies where sector_before is not null
  union
  select 'sector', c.sector from altered_securities join companies c on c.id = company_id where c.sector is not null
  union
  select 'filings', null from altered_companies where moves
  union
  select 'filings', null from altered_securities where moves
  union
  select kind, key from noted_changes
), added as (
  insert into outbox (kind, keys)
  select kind, case
      when count(key) > $1::bigint then array[$2::text]
      else coalesce(array_agg(key order by key) filter (where key is not null), '{}')
    end
  from changed
  group by kind
  order by kind
  returning id
)
select pg_notify('` + store.OutboxChannel + `', '')
from added
limit 1`

// publish tells readers what the transaction changes, once it is committed.
func (t *transaction) publish(ctx context.Context) error {
	_, err := t.exec(ctx, publishChanges, store.MaxChangeKeys, store.AnyKey)
	return err
}
