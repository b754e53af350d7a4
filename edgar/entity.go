package edgar

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// Entity is the filer that a submissions document describes.
type Entity struct {
	CIK            CIK
	Name           string
	FormerNames    []string // newest first, distinct, without the current name
	SIC            string   // four digits, or ""
	SICDescription string
	Country        string    // ISO 3166-1 alpha-2, or ""
	FiscalYearEnd  string    // month and day, "0927", or ""
	Tickers        []Listing // current symbols in the file's order, each once
	Pages          []string  // file names of the older pages, "CIK0000749647-submissions-001.json"
}

// Listing is a symbol and where it is traded.
type Listing struct {
	Symbol   string // as NormalizeSymbol returns it
	Exchange string // as the SEC writes it ("Nasdaq", "NYSE"), or ""
}

// submissionsDocument is the part of a submissions document that is read.
type submissionsDocument struct {
	CIK                  cell         `json:"cik"`
	Name                 cell         `json:"name"`
	FormerNames          []formerName `json:"formerNames"`
	SIC                  cell         `json:"sic"`
	SICDescription       cell         `json:"sicDescription"`
	FiscalYearEnd        cell         `json:"fiscalYearEnd"`
	StateOfIncorporation cell         `json:"stateOfIncorporation"`
	Addresses            struct {
		Business address `json:"business"`
	} `json:"addresses"`
	Tickers   []cell `json:"tickers"`
	Exchanges []cell `json:"exchanges"`
	Filings   *struct {
		Recent map[string]json.RawMessage `json:"recent"`
		Files  []struct {
			Name cell `json:"name"`
		} `json:"files"`
	} `json:"filings"`
}

// address is the part of an address that tells the country. Older documents have stateOrCountry only.
type address struct {
	StateOrCountry    cell `json:"stateOrCountry"` // EDGAR's code
	CountryCode       cell `json:"countryCode"`    // EDGAR's code, of addresses abroad
	IsForeignLocation cell `json:"isForeignLocation"`
}

func (a address) abroad() bool {
	s := string(a.IsForeignLocation)
	return s == "1" || s == "true"
}

type formerName struct {
	Name cell `json:"name"`
	From cell `json:"from"` // times, "2007-01-10T00:00:00.000Z"
	To   cell `json:"to"`
}

type rejectFunc func(position string, err error)

// entity reads the filer. What is wrong with a detail goes to reject; without CIK or name there is no filer.
// Errors: *FormatError.
func (d *submissionsDocument) entity(reject rejectFunc) (*Entity, error) {
	cik, err := cikNumber(d.CIK)
	if err != nil {
		return nil, &FormatError{Kind: KindSubmissions, Position: "cik", Reason: err.Error()}
	}
	name, err := requiredText(d.Name)
	if err != nil {
		return nil, &FormatError{Kind: KindSubmissions, Position: "name", Reason: err.Error()}
	}
	detail := func(position string, c cell, parse func(cell) (string, error)) string {
		s, err := parse(c)
		if err != nil {
			reject(position, err)
			return ""
		}
		return s
	}
	e := &Entity{CIK: cik, Name: name}
	e.FormerNames = formerNames(name, d.FormerNames, reject)
	e.SIC = detail("sic", d.SIC, sicCode)
	e.SICDescription = detail("sicDescription", d.SICDescription, optionalText)
	e.FiscalYearEnd = detail("fiscalYearEnd", d.FiscalYearEnd, monthDay)
	e.Country = country(d.Addresses.Business.abroad(),
		detail("stateOfIncorporation", d.StateOfIncorporation, optionalText),
		detail("addresses.business.countryCode", d.Addresses.Business.CountryCode, optionalText),
		detail("addresses.business.stateOrCountry", d.Addresses.Business.StateOrCountry, optionalText))
	e.Tickers = listings(d.Tickers, d.Exchanges, reject)
	for i, f := range d.Filings.Files {
		if page := detail(fmt.Sprintf("filings.files[%d]", i), f.Name, pageName); page != "" {
			e.Pages = append(e.Pages, page)
		}
	}
	return e, nil
}

// formerNames returns the names that are not current, the one used last first.
func formerNames(current string, names []formerName, reject rejectFunc) []string {
	type used struct {
		name     string
		from, to Date
	}
	var all []used
	for i, n := range names {
		name, err := requiredText(n.Name)
		if err != nil {
			reject(fmt.Sprintf("formerNames[%d]", i), err)
			continue
		}
		all = append(all, used{name, dayOf(n.From), dayOf(n.To)})
	}
	slices.SortStableFunc(all, func(a, b used) int { return cmp.Or(cmp.Compare(b.to, a.to), cmp.Compare(b.from, a.from)) })
	var distinct []string
	seen := map[string]bool{current: true}
	for _, u := range all {
		if !seen[u.name] {
			distinct = append(distinct, u.name)
		}
		seen[u.name] = true
	}
	return distinct
}

// dayOf returns the day a time begins with; MinDate when there is none, for a name without dates goes last.
func dayOf(c cell) Date {
	s, err := text(c)
	if err != nil || len(s) < len("2007-01-10") {
		return MinDate
	}
	d, err := ParseDate(s[:len("2007-01-10")])
	if err != nil {
		return MinDate
	}
	return d
}

// listings pairs symbols with their exchanges. When the arrays differ in length no exchange can be told.
func listings(symbols, exchanges []cell, reject rejectFunc) []Listing {
	if len(exchanges) != len(symbols) {
		reject("exchanges", fmt.Errorf("%d values where tickers has %d", len(exchanges), len(symbols)))
		exchanges = make([]cell, len(symbols))
	}
	var all []Listing
	seen := map[string]bool{}
	for i := range symbols {
		symbol, err := symbolText(symbols[i])
		if err != nil {
			reject(fmt.Sprintf("tickers[%d]", i), err)
			continue
		}
		exchange, err := optionalText(exchanges[i])
		if err != nil {
			reject(fmt.Sprintf("exchanges[%d]", i), err)
		}
		if !seen[symbol] {
			all = append(all, Listing{Symbol: symbol, Exchange: exchange})
		}
		seen[symbol] = true
	}
	return all
}

// pageName reads "CIK0000749647-submissions-001.json" and nothing that could be a path.
func pageName(c cell) (string, error) {
	s, err := requiredText(c)
	if err != nil || pageNames.MatchString(s) {
		return s, err
	}
	return "", &SyntaxError{Kind: "page", Text: s, Want: `a file name such as "CIK0000749647-submissions-001.json"`}
}

var pageNames = regexp.MustCompile(`^CIK[0-9]{10}-submissions-[0-9]+\.json$`)

// sicCode reads a code of up to four digits, with or without leading zeros; zero is none.
func sicCode(c cell) (string, error) {
	s, err := optionalText(c)
	if err != nil || s == "" {
		return "", err
	}
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n > 9999 {
		return "", &SyntaxError{Kind: "SIC code", Text: s, Want: `four digits such as "3571"`}
	}
	if n == 0 {
		return "", nil
	}
	return string(appendPadded(nil, int64(n), 4)), nil
}

// monthDay reads "0927"; "0229" is possible.
func monthDay(c cell) (string, error) {
	s, err := optionalText(c)
	if err != nil || s == "" {
		return "", err
	}
	if len(s) == 4 {
		const leapYear = "2000"
		if _, err := ParseDate(leapYear + "-" + s[:2] + "-" + s[2:]); err == nil {
			return s, nil
		}
	}
	return "", &SyntaxError{Kind: "fiscal year end", Text: s, Want: `month and day such as "0927"`}
}
