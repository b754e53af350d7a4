package edgar

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// FactRecord is one fact of a company facts file, as filed.
type FactRecord struct {
	Concept       string // "us-gaap:Revenues"
	Unit          string // "USD", "USD/shares"
	Start, End    Date   // both included; see HasStart
	HasStart      bool   // false for an instant, which has an End only
	Value         float64
	Accession     AccessionNumber
	FiscalYear    int // of the filing, not of the period; see HasFiscalYear
	HasFiscalYear bool
	FiscalPeriod  string // of the filing: "FY", "Q1" …, or ""
	Form          string
	FiledOn       Date
}

// ConceptRecord is a concept as a company facts file describes it.
type ConceptRecord struct {
	Taxonomy    string // "us-gaap"
	Name        string // "Revenues"
	Label       string // or ""
	Description string // or ""
}

// FactsVisitor takes the content of a company facts file in its order: Company once, then each Concept followed by its
// facts. Reject may come at any time. An error of its methods ends the reading and is returned as it is.
type FactsVisitor interface {
	Company(cik CIK, entityName string) error // entityName may be ""
	Concept(c ConceptRecord) error
	Fact(f *FactRecord) error // f is reused: copy it to keep it
	Reject(r Rejection) error
}

// ReadCompanyFacts reads a data.sec.gov company facts document and gives it to v. Whatever the size of the document, it
// keeps one fact or text of it at a time, which has at most about 1 MiB. What is wrong with a fact, a unit or a concept
// costs just that; a label or description that is wrong is left empty. Unknown keys are ignored. cik must come before
// facts, label and description before units, as they do. Errors: *FormatError, v's, or r's.
func ReadCompanyFacts(r io.Reader, v FactsVisitor) error {
	s, err := newStream(KindCompanyFacts, r)
	if err != nil {
		return err
	}
	return (&factsReader{stream: s, visitor: v}).read()
}

// factsReader walks through the document: facts, taxonomies, concepts, units, facts.
type factsReader struct {
	stream  *stream
	visitor FactsVisitor
	cells   factCells
	fact    FactRecord
}

func (f *factsReader) read() error {
	var cik, name cell
	found := false
	_, err := f.stream.object("", func(key string) error {
		switch key {
		case "cik":
			return f.stream.decode(key, &cik)
		case "entityName":
			return f.stream.decode(key, &name)
		case "facts":
			if found {
				return f.stream.fault(key, "occurs twice")
			}
			found = true
			return f.facts(cik, name)
		default:
			return f.stream.skip(key)
		}
	})
	if err != nil {
		return err
	}
	if !found {
		return f.stream.fault("facts", "missing")
	}
	return f.stream.end()
}

func (f *factsReader) facts(cik, name cell) error {
	number, err := cikNumber(cik)
	if err != nil {
		return f.stream.fault("cik", err.Error())
	}
	entityName, nameErr := optionalText(name)
	if err := f.visitor.Company(number, entityName); err != nil {
		return err
	}
	if nameErr != nil {
		if err := f.reject("entityName", nameErr); err != nil {
			return err
		}
	}
	wrong, err := f.stream.object("facts", f.taxonomy)
	if wrong != "" {
		return f.stream.fault("facts", wrongType(wrong, "an object").Error())
	}
	return err
}

func (f *factsReader) taxonomy(taxonomy string) error {
	if err := checkName(taxonomy); err != nil {
		return f.rejectNext("taxonomy "+quote(taxonomy), err)
	}
	return f.members(taxonomy, func(name string) error {
		if err := checkName(name); err != nil {
			return f.rejectNext(taxonomy+":"+quote(name), err)
		}
		return f.concept(ConceptRecord{Taxonomy: taxonomy, Name: name})
	})
}

// concept reads a concept and its facts. It is told to the visitor before the first of them, or at its end.
func (f *factsReader) concept(c ConceptRecord) error {
	f.fact.Concept = c.Taxonomy + ":" + c.Name
	told := false
	tell := func() error {
		if told {
			return nil
		}
		told = true
		return f.visitor.Concept(c)
	}
	wrong, err := f.stream.object(f.fact.Concept, func(key string) (err error) {
		switch key {
		case "label":
			c.Label, err = f.detail(key)
			return err
		case "description":
			c.Description, err = f.detail(key)
			return err
		case "units":
			if err := tell(); err != nil {
				return err
			}
			return f.members(f.fact.Concept+" units", f.unit)
		default:
			return f.stream.skip(f.fact.Concept + " " + quote(key))
		}
	})
	switch {
	case err != nil:
		return err
	case wrong != "":
		return f.reject(f.fact.Concept, wrongType(wrong, "an object"))
	default:
		return tell()
	}
}

// detail reads the label or the description of the current concept.
func (f *factsReader) detail(key string) (string, error) {
	position := f.fact.Concept + " " + key
	var c cell
	if err := f.stream.decode(position, &c); err != nil {
		return "", err
	}
	s, err := optionalText(c)
	if err != nil {
		return "", f.reject(position, err)
	}
	return s, nil
}

func (f *factsReader) unit(unit string) error {
	if err := checkUnit(unit); err != nil {
		return f.rejectNext(f.fact.Concept+" "+quote(unit), err)
	}
	f.fact.Unit = unit
	position := f.fact.Concept + " " + unit
	wrong, err := f.stream.array(position, func(i int) error { return f.element(position, i) })
	if wrong != "" && err == nil {
		return f.reject(position, wrongType(wrong, "an array"))
	}
	return err
}

// element reads the fact i of the current concept and unit.
func (f *factsReader) element(position string, i int) error {
	f.cells.reset()
	err := f.stream.decode(position, &f.cells)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong):
		err = typeFault(wrong)
	case err != nil:
		return err
	default:
		err = f.cells.read(&f.fact)
	}
	if err != nil {
		return f.reject(fmt.Sprintf("%s[%d]", position, i), err)
	}
	return f.visitor.Fact(&f.fact)
}

// members reads an object; anything else is rejected.
func (f *factsReader) members(position string, member func(key string) error) error {
	wrong, err := f.stream.object(position, member)
	if wrong != "" && err == nil {
		return f.reject(position, wrongType(wrong, "an object"))
	}
	return err
}

// rejectNext rejects the next value for its key.
func (f *factsReader) rejectNext(position string, reason error) error {
	if err := f.stream.skip(position); err != nil {
		return err
	}
	return f.reject(position, reason)
}

func (f *factsReader) reject(position string, reason error) error {
	return f.visitor.Reject(Rejection{Position: position, Reason: reason.Error()})
}
