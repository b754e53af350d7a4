package randomquery_test

// dataSet counts everything: there is far less than what the server estimates.
func (r *reference) dataSet(row, arguments) (any, error) {
	return found(r.rows(`select 'DataSet' as "__typename", (select count(*) from companies) as companies,
		(select count(*) from filings) as filings, (select count(*)::float8 from metrics) as values, false as estimated,
		(select max(filed_on) from filings) as "newestFiling",
		(select max(date) from metrics m join series s on s.id = m.series_id join definitions d on d.id = s.definition_id
			where d.name = 'price:close') as "newestPrice"`)), nil
}
