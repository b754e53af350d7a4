package ingest

import (
	"errors"
	"path"
	"regexp"

	"github.com/corpintel/corpintel/edgar"
)

// selection are the companies that an import is restricted to; nil is all.
type selection map[edgar.CIK]bool

func newSelection(ciks []edgar.CIK) selection {
	if ciks == nil {
		return nil
	}
	s := make(selection, len(ciks))
	for _, cik := range ciks {
		s[cik] = true
	}
	return s
}

func (s selection) has(cik edgar.CIK) bool { return s == nil || s[cik] }

// errLeftOut ends the reading of a document of a company that is not selected.
var errLeftOut = errors.New("of a company that is not selected")

// filerName is what the SEC calls documents of one filer.
var filerName = regexp.MustCompile(`(?i)^CIK(\d{10})(-submissions-\d+)?\.json(\.gz)?$`)

// leavesOut reports whether the name of a document says that it is of a company that is not selected.
func (s selection) leavesOut(name string) bool {
	if s == nil {
		return false
	}
	match := filerName.FindStringSubmatch(path.Base(name))
	if match == nil {
		return false
	}
	cik, err := edgar.ParseCIK(match[1])
	return err == nil && !s.has(cik)
}
