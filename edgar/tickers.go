package edgar

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// TickerRecord is one row of company_tickers.json or company_tickers_exchange.json.
type TickerRecord struct {
	CIK      CIK
	Symbol   string // as NormalizeSymbol returns it
	Name     string
	Exchange string // "" when the file has none
	Row      int    // position in the file, counted from 0
}

// ParseTickers reads company_tickers.json or company_tickers_exchange.json: the records in the file's order and the
// rows that were not taken, named "row 12". Errors: *FormatError, or r's.
func ParseTickers(r io.Reader) (records []TickerRecord, rejections []Rejection, err error) {
	data, err := readDocument(KindTickers, r)
	if err != nil {
		return nil, nil, err
	}
	kind := KindTickers
	if jsonKind("", data[:min(len(data), 4096)]) == KindTickersExchange {
		kind = KindTickersExchange
	}
	var table tickerTable
	if err := unmarshal(kind, data, &table); err != nil {
		return nil, nil, err
	}
	var rows []tickerRow
	if table.Fields != nil || table.Data != nil {
		rows, err = table.rows()
	} else {
		rows, err = keyedRows(data)
	}
	if err != nil {
		return nil, nil, err
	}
	for i, row := range rows {
		record, err := row.record(i)
		if err != nil {
			rejections = append(rejections, Rejection{Position: fmt.Sprintf("row %d", i), Reason: err.Error()})
			continue
		}
		records = append(records, record)
	}
	return records, rejections, nil
}

// tickerRow is one row before it is judged.
type tickerRow struct {
	CIK      cell `json:"cik_str"`
	Symbol   cell `json:"ticker"`
	Name     cell `json:"title"`
	exchange cell
	fault    error // the row as a whole is wrong
}

func (r tickerRow) record(row int) (TickerRecord, error) {
	if r.fault != nil {
		return TickerRecord{}, r.fault
	}
	record := TickerRecord{Row: row}
	var err error
	if record.CIK, err = cikNumber(r.CIK); err != nil {
		return record, fmt.Errorf("cik: %w", err)
	}
	if record.Symbol, err = symbolText(r.Symbol); err != nil {
		return record, fmt.Errorf("ticker: %w", err)
	}
	if record.Name, err = requiredText(r.Name); err != nil {
		return record, fmt.Errorf("name: %w", err)
	}
	if record.Exchange, err = optionalText(r.exchange); err != nil {
		return record, fmt.Errorf("exchange: %w", err)
	}
	return record, nil
}

// tickerTable is company_tickers_exchange.json: the names of the columns, and rows.
type tickerTable struct {
	Fields []string `json:"fields"`
	Data   []cell   `json:"data"`
}

func (t tickerTable) rows() ([]tickerRow, error) {
	column := make(map[string]int, len(t.Fields))
	for i, name := range t.Fields {
		column[name] = i
	}
	for _, name := range []string{"cik", "ticker", "name"} {
		if _, ok := column[name]; !ok {
			return nil, &FormatError{Kind: KindTickersExchange, Position: "fields", Reason: "missing column " + name}
		}
	}
	rows := make([]tickerRow, len(t.Data))
	for i, raw := range t.Data {
		var values []cell
		if err := json.Unmarshal(raw, &values); err != nil {
			rows[i].fault = wrongType(jsonType(raw), "an array")
			continue
		}
		if len(values) != len(t.Fields) {
			rows[i].fault = fmt.Errorf("%d values where there are %d fields", len(values), len(t.Fields))
			continue
		}
		rows[i] = tickerRow{CIK: values[column["cik"]], Symbol: values[column["ticker"]], Name: values[column["name"]]}
		if e, ok := column["exchange"]; ok {
			rows[i].exchange = values[e]
		}
	}
	return rows, nil
}

// keyedRows reads company_tickers.json: an object with keys "0", "1" …, one per row, whose order is the file's. data is
// valid JSON.
func keyedRows(data []byte) ([]tickerRow, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var rows []tickerRow
	for dec.More() {
		if _, err := dec.Token(); err != nil {
			return nil, err
		}
		var (
			row tickerRow
			typ *json.UnmarshalTypeError
		)
		switch err := dec.Decode(&row); {
		case errors.As(err, &typ):
			row.fault = typeFault(typ)
		case err != nil:
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}
