package edgar

import (
	"encoding/json"
	"fmt"
	"io"
)

// Submissions is the content of one data.sec.gov submissions document, or of one of its older pages.
type Submissions struct {
	Entity     *Entity        // nil in an older page: it has columns only, its filer stands in its file name
	Filings    []FilingRecord // in the file's order
	Rejections []Rejection    // what was not taken, in the file's order
	AsOf       Date           // the newest filing date in the file, the date of its snapshot; see HasAsOf
	HasAsOf    bool           // false when the file has no filings
}

// ParseSubmissions reads a submissions document or an older page. A filing that is wrong is left out, a detail of the
// filer that is wrong is left empty; both are reported in Rejections. Without a CIK, a name or the columns it is no
// such document. Unknown keys are ignored. Errors: *FormatError, or r's.
func ParseSubmissions(r io.Reader) (*Submissions, error) {
	data, err := readDocument(KindSubmissions, r)
	if err != nil {
		return nil, err
	}
	var doc submissionsDocument
	if err := unmarshal(KindSubmissions, data, &doc); err != nil {
		return nil, err
	}
	if doc.Filings == nil && doc.CIK == nil {
		return parsePage(data)
	}
	if doc.Filings == nil {
		return nil, &FormatError{Kind: KindSubmissions, Position: "filings", Reason: "missing"}
	}
	s := &Submissions{}
	if s.Entity, err = doc.entity(s.reject); err != nil {
		return nil, err
	}
	if err := s.addFilings(KindSubmissions, "filings.recent", doc.Filings.Recent); err != nil {
		return nil, err
	}
	return s, nil
}

// parsePage reads an older page: the columns stand at the top.
func parsePage(data []byte) (*Submissions, error) {
	var columns map[string]json.RawMessage
	if err := unmarshal(KindSubmissionsPage, data, &columns); err != nil {
		return nil, err
	}
	s := &Submissions{}
	if err := s.addFilings(KindSubmissionsPage, "", columns); err != nil {
		return nil, err
	}
	return s, nil
}

// addFilings takes over the filings of the columns at position.
func (s *Submissions) addFilings(kind Kind, position string, columns map[string]json.RawMessage) error {
	table, err := newFilingTable(kind, position, columns)
	if err != nil {
		return err
	}
	if position == "" {
		position = "filings"
	}
	s.Filings = make([]FilingRecord, 0, table.rows)
	for row := range table.rows {
		f, err := table.filing(row)
		if err != nil {
			s.reject(fmt.Sprintf("%s[%d]", position, row), err)
			continue
		}
		s.Filings = append(s.Filings, f)
		if !s.HasAsOf || f.FiledOn > s.AsOf {
			s.AsOf, s.HasAsOf = f.FiledOn, true
		}
	}
	return nil
}

func (s *Submissions) reject(position string, err error) {
	s.Rejections = append(s.Rejections, Rejection{Position: position, Reason: err.Error()})
}
