package edgar

import (
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// IndexRecord is one row of an index of filings: a filing, and a company that it is of. A filing of several companies has
// a row for each, and now and then two for the same.
type IndexRecord struct {
	CIK         CIK
	CompanyName string
	NameCut     bool // the name fills its column, so that its end may be missing; only in indexes of fixed width
	Form        string
	FiledOn     Date
	Accession   AccessionNumber
	Line        int // in the file, counted from 1
}

// IndexVisitor takes the rows of an index in its order. An error of its methods ends the reading and is returned as it
// is.
type IndexVisitor interface {
	Filing(r *IndexRecord) error // r is reused: copy it to keep it
	Reject(r Rejection) error    // of a row, named "line 17"
}

// ReadIndex reads an index of EDGAR, daily or quarterly, and gives its rows to v: company and form (in columns), master
// (separated by "|") and crawler (with the addresses of pages). It keeps one line of it at a time. What is wrong with a
// row costs just that. Errors: *FormatError, v's, or r's.
func ReadIndex(r io.Reader, v IndexVisitor) error {
	in := newIndexLines(r)
	split, err := readIndexHeading(in)
	if err != nil {
		return err
	}
	var record IndexRecord
	for {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells, err := split(line)
		if err == nil {
			record, err = cells.record(in.number)
		}
		if err != nil {
			err = v.Reject(Rejection{Position: in.position(), Reason: err.Error()})
		} else {
			err = v.Filing(&record)
		}
		if err != nil {
			return err
		}
	}
}

// indexCells is one row of an index as it stands there.
type indexCells struct {
	cik, name, form, filed, file string
	nameCut                      bool
}

// record judges the cells. Its error says which is wrong, and why.
func (c *indexCells) record(line int) (r IndexRecord, err error) {
	r = IndexRecord{NameCut: c.nameCut, Line: line}
	if r.CIK, err = ParseCIK(c.cik); err != nil {
		return r, err
	}
	if r.CompanyName, err = indexText(c.name); err != nil {
		return r, fmt.Errorf("company name: %w", err)
	}
	if r.Form, err = indexText(c.form); err != nil {
		return r, fmt.Errorf("form type: %w", err)
	}
	if len(r.Form) > maxFormBytes {
		return r, fmt.Errorf("form type: %s is longer than %d bytes", quote(r.Form), maxFormBytes)
	}
	if r.FiledOn, err = indexDate(c.filed); err != nil {
		return r, fmt.Errorf("date filed: %w", err)
	}
	if r.Accession, err = fileAccession(c.file, r.CIK); err != nil {
		return r, fmt.Errorf("file name: %w", err)
	}
	return r, nil
}

// indexText reads a text that must not be empty as collapseSpace leaves it.
func indexText(s string) (string, error) {
	s = collapseSpace(s)
	switch {
	case s == "":
		return "", errMissing
	case !utf8.ValidString(s):
		return "", errUTF8
	case strings.IndexByte(s, 0) >= 0:
		return "", errNUL
	default:
		return s, nil
	}
}

// indexDate reads "20200318", as daily indexes have it, or "2020-03-18", as quarterly ones do, within the bounds of
// records.
func indexDate(s string) (Date, error) {
	text := s
	if len(s) == 8 {
		text = s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	d, err := ParseDate(text)
	if err != nil {
		return 0, dateError(s)
	}
	if d < minRecordDate || d > maxRecordDate {
		return 0, outOfBounds(d)
	}
	return d, nil
}

// fileAccession reads the accession number of a file such as "edgar/data/320193/0000320193-20-000010.txt", which may be
// preceded by a host; in crawler indexes it is the page "…-index.htm". The folder is that of cik: anything else is a
// damaged row.
func fileAccession(file string, cik CIK) (AccessionNumber, error) {
	const root = "edgar/data/"
	_, below, ok := strings.Cut(file, root)
	folder, _, _ := strings.Cut(below, "/")
	if !ok || folder == "" {
		return 0, &SyntaxError{Kind: "path", Text: file, Want: root + ", a CIK and an accession number"}
	}
	owner, err := ParseCIK(folder)
	if err != nil {
		return 0, err
	}
	if owner != cik {
		return 0, fmt.Errorf("%s is in the folder of another CIK than %s", quote(file), cik)
	}
	name := path.Base(below)
	for _, suffix := range []string{".txt", "-index.htm", "-index.html"} {
		if number, found := strings.CutSuffix(name, suffix); found {
			return ParseAccessionNumber(number)
		}
	}
	return 0, &SyntaxError{Kind: "path", Text: file, Want: "an accession number that ends in .txt"}
}
