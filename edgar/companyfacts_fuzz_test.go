package edgar_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/corpintel/corpintel/edgar"
)

func FuzzReadCompanyFacts(f *testing.F) {
	f.Add([]byte(factsOf(oneFact + "," + oneFact)))
	f.Add([]byte(factsOf(`{"end":"2022-12-31","val":1e-05,"accn":"0000000001-23-000001","fy":null,"fp":null,"form":"10-K","filed":"2023-02-01"},null`)))
	f.Add([]byte(`{"cik":"0000000001","entityName":null,"facts":{"ffd":{"A":{"label":null,"units":{}}},"dei":[]},"x":[{}]}`))
	f.Add([]byte(`{"cik":1,"facts":{"dei":{"A":{"units":{"USD":[{"end":`))
	f.Add([]byte(`<html>`))
	f.Add(readFile(f, "companyfacts", "CIK0000354950.json"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l factList
		if err := edgar.ReadCompanyFacts(bytes.NewReader(data), &l); err != nil {
			if _, ok := errors.AsType[*edgar.FormatError](err); !ok {
				t.Fatalf("error %v", err)
			}
			return
		}
		again := readFacts(t, printFacts(t, &l))
		l.Rejections = nil
		if diff := cmp.Diff(l, *again, cmp.AllowUnexported(factList{})); diff != "" {
			t.Errorf("printed and read again (-want +got):\n%s", diff)
		}
	})
}

// printFacts writes a document whose reading makes the same calls as that of l, without rejections.
func printFacts(t testing.TB, l *factList) []byte {
	t.Helper()
	var taxonomies []string
	concepts, facts := l.Concepts, l.Facts
	for calls := l.order[1:]; len(calls) > 0; {
		concept := concepts[0]
		concepts, calls = concepts[1:], calls[1:]
		var units []string
		for len(calls) > 0 && strings.Contains(calls[0], " ") { // a fact: it has its unit
			units = append(units, printJSON(t, facts[0].Unit)+":["+printFact(t, &facts[0])+"]")
			facts, calls = facts[1:], calls[1:]
		}
		taxonomies = append(taxonomies, fmt.Sprintf(`%s:{%s:{"label":%s,"description":%s,"units":{%s}}}`,
			printJSON(t, concept.Taxonomy), printJSON(t, concept.Name), printJSON(t, concept.Label),
			printJSON(t, concept.Description), strings.Join(units, ",")))
	}
	return fmt.Appendf(nil, `{"cik":%d,"entityName":%s,"facts":{%s}}`,
		l.CIK, printJSON(t, l.Name), strings.Join(taxonomies, ","))
}

func printFact(t testing.TB, f *edgar.FactRecord) string {
	t.Helper()
	fact := map[string]any{
		"end": f.End.String(), "val": f.Value, "accn": f.Accession.String(), "fp": f.FiscalPeriod, "form": f.Form,
		"filed": f.FiledOn.String(),
	}
	if f.HasStart {
		fact["start"] = f.Start.String()
	}
	if f.HasFiscalYear {
		fact["fy"] = f.FiscalYear
	}
	checkStrings(t, f.FiscalPeriod, f.Form)
	return printJSON(t, fact)
}

func printJSON(t testing.TB, v any) string {
	t.Helper()
	if s, ok := v.(string); ok {
		checkStrings(t, s)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
