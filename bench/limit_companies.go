package bench

import "context"

const companyColumns = `c.id, c.cik, c.ticker, c.name, c.sector, c.industry, c.country, c.market_cap`

// appendCompany appends companyColumns without the braces.
func appendCompany(b []byte, raw [][]byte) []byte {
	b = appendID(append(b, `"id":`...), "Company", raw[0])
	b = appendCIK(append(b, `,"cik":`...), raw[1])
	b = appendText(append(b, `,"ticker":`...), raw[2])
	b = appendText(append(b, `,"name":`...), raw[3])
	b = appendText(append(b, `,"sector":`...), raw[4])
	b = appendText(append(b, `,"industry":`...), raw[5])
	b = appendText(append(b, `,"country":`...), raw[6])
	return appendFloat(append(b, `,"marketCap":`...), raw[7])
}

func appendCompanyNode(b []byte, n int, raw [][]byte) []byte {
	if n > 0 {
		b = append(b, ',')
	}
	return append(appendCompany(append(b, '{'), raw), '}')
}

const limitCompany = `-- name: LimitCompany
select ` + companyColumns + `, c.exchange, c.sic, c.fiscal_year_end
from securities s
join companies c on c.id = s.company_id
where s.symbol = $1 and s.valid_to is null`

func (l *limit) company(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	return l.each(ctx, append(b, `{"data":{"company":`...), func(b []byte, _ int, raw [][]byte) []byte {
		b = appendCompany(append(b, '{'), raw)
		b = appendText(append(b, `,"exchange":`...), raw[8])
		b = appendText(append(b, `,"sic":`...), raw[9])
		return append(appendText(append(b, `,"fiscalYearEnd":`...), raw[10]), '}')
	}, `}}`, limitCompany, v.Ticker)
}

const limitCompanies = `-- name: LimitCompanies
select ` + companyColumns + `
from companies c
where c.sector = $1 and c.exchange = $2
order by c.market_cap desc nulls last, c.name desc, c.cik_key desc, c.id desc
limit 20`

func (l *limit) companies(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	return l.each(ctx, append(b, `{"data":{"companies":{"nodes":[`...), appendCompanyNode, `]}}}`, limitCompanies, v.Sector, v.Exchange)
}

const limitSearch = `-- name: LimitSearch
with hits as materialized (select * from companies c where c.search_text like '%' || $1 || '%')
select ` + companyColumns + `
from hits c
order by c.market_cap desc nulls last, c.name, c.cik_key, c.id
limit 20`

func (l *limit) search(ctx context.Context, v *variables, b []byte) ([]byte, error) {
	return l.each(ctx, append(b, `{"data":{"searchCompanies":{"nodes":[`...), appendCompanyNode, `]}}}`, limitSearch, v.Query)
}
