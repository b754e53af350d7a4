package randomquery_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/store"
)

const filingColumns = `
select f.id as "_id", f.id as "accessionNumber", f.form, f.filed_on as "filedOn", f.accepted_at as "acceptedAt",
  f.period_end as "periodEnd", f.title, f.primary_document as "_document", f.cik is not null as "_fromSEC"
from filings f`

// newFilings completes rows of filingColumns.
func (r *reference) newFilings(rows []row) []row {
	for _, f := range rows {
		if f["id"] != nil {
			continue // it was asked for before
		}
		id := f["_id"].(int64)
		f["__typename"] = "Filing"
		f["id"] = store.NodeID(store.NodeFiling, id)
		f["amendment"] = strings.HasSuffix(f["form"].(string), "/A")
		f["url"] = nil
		if f["_fromSEC"] == true {
			f["url"] = r.url(id, f["_document"])
		}
	}
	return rows
}

// url is under the smallest CIK of the filing's companies.
func (r *reference) url(id int64, document any) any {
	cik := r.rows(`select min(c.cik) as cik from filing_companies fc join companies c on c.id = fc.company_id
		where fc.filing_id = $1`, id)[0]["cik"]
	accession := edgar.AccessionNumber(id).String()
	folder := fmt.Sprintf("https://www.sec.gov/Archives/edgar/data/%d/%s/", cik, strings.ReplaceAll(accession, "-", ""))
	if document == nil {
		return folder + accession + "-index.htm"
	}
	return folder + document.(string)
}

func (r *reference) filingByID(id int64) any {
	return found(r.newFilings(r.rows(filingColumns+" where f.id = $1", id)))
}

func (r *reference) filing(_ row, args arguments) (any, error) {
	return r.filingByID(args["accessionNumber"].(int64)), nil
}

func (r *reference) allFilings(_ row, args arguments) (any, error) {
	return r.filings("Query.filings", r.newFilings(r.rows(filingColumns)), args)
}

func (r *reference) filingsOfCompany(company row, args arguments) (any, error) {
	rows := r.rows(filingColumns+" where f.id in (select filing_id from filing_companies where company_id = $1)", company["_id"])
	return r.filings("Company.filings", r.newFilings(rows), args)
}

func (r *reference) filings(field string, rows []row, args arguments) (any, error) {
	filter := args.object("filter")
	if err := checkList(filter["forms"], 50); err != nil {
		return nil, err
	}
	from, hasFrom := filter["filedFrom"].(time.Time)
	to, hasTo := filter["filedTo"].(time.Time)
	if hasFrom && hasTo && to.Before(from) {
		return nil, fmt.Errorf("filedTo before filedFrom: %w", errInput)
	}
	rows = slices.DeleteFunc(slices.Clone(rows), func(f row) bool {
		day := f["filedOn"].(time.Time)
		return filter["forms"] != nil && !contains(filter["forms"], f["form"]) ||
			hasFrom && day.Before(from) || hasTo && day.After(to) ||
			filter["amendments"] != nil && filter["amendments"] != f["amendment"]
	})
	newest := compareBy("filedOn", "_id")
	return r.page(connection{
		list: binding(field, filter), nodes: rows, key: "id", compare: func(a, b row) int { return newest(b, a) },
	}, args)
}

// checkList checks a list of texts.
func checkList(list any, limit int) error {
	texts, _ := list.([]any)
	if len(texts) > limit {
		return fmt.Errorf("%d elements: %w", len(texts), errInput)
	}
	for _, text := range texts {
		if err := checkText(text); err != nil {
			return err
		}
	}
	return nil
}

// checkText checks a text of a condition.
func checkText(text any) error {
	if s, ok := text.(string); ok && len([]rune(s)) > 200 {
		return fmt.Errorf("a text of %d characters: %w", len(s), errInput)
	}
	return nil
}

const companiesOfFiling = companyColumns + `
where c.id in (select company_id from filing_companies where filing_id = $1)`

func (r *reference) companiesOfFiling(filing row, _ arguments) (any, error) {
	return list(sorted(r.newCompanies(r.rows(companiesOfFiling, filing["_id"])), compareBy("cik", "_id"))), nil
}

func (r *reference) mainCompany(filing row, _ arguments) (any, error) {
	rank := func(c row) int {
		n := 0
		if len(r.rows(`select from securities where company_id = $1 and valid_to is null`, c["_id"])) > 0 {
			n -= 2
		}
		if c["sic"] != nil {
			n--
		}
		return n
	}
	byCIK := compareBy("cik", "_id")
	rows := sorted(r.newCompanies(r.rows(companiesOfFiling, filing["_id"])), func(a, b row) int {
		if order := rank(a) - rank(b); order != 0 {
			return order
		}
		return byCIK(a, b)
	})
	return found(rows), nil
}

func (r *reference) filingSummary(company row, _ arguments) (any, error) {
	forms := r.rows(`select f.form, count(*)::int as count from filings f join filing_companies fc on fc.filing_id = f.id
		where fc.company_id = $1 group by f.form order by count(*) desc, f.form`, company["_id"])
	total := r.rows(`select count(*)::int as count, min(f.filed_on) as "firstFiledOn", max(f.filed_on) as "lastFiledOn"
		from filings f join filing_companies fc on fc.filing_id = f.id where fc.company_id = $1`, company["_id"])[0]
	return row{
		"count": total["count"], "firstFiledOn": total["firstFiledOn"], "lastFiledOn": total["lastFiledOn"], "byForm": list(forms),
	}, nil
}
