package edgar_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/corpintel/corpintel/edgar"
)

// factCounter counts, so that a benchmark can check its answer at no cost.
type factCounter struct{ facts, rejections int }

func (*factCounter) Company(edgar.CIK, string) error   { return nil }
func (*factCounter) Concept(edgar.ConceptRecord) error { return nil }
func (c *factCounter) Fact(*edgar.FactRecord) error    { c.facts++; return nil }
func (c *factCounter) Reject(edgar.Rejection) error    { c.rejections++; return nil }

// BenchmarkReadCompanyFacts reads Apple's file: the excerpt, or the whole when the data set is there.
func BenchmarkReadCompanyFacts(b *testing.B) {
	path, facts := filepath.Join("testdata", "companyfacts", "CIK0000320193.json"), 86
	if dir := os.Getenv("CORPINTEL_TESTDATA"); dir != "" {
		path, facts = filepath.Join(dir, "edgar", "companyfacts", "CIK0000320193.json.gz"), 24579
	}
	data, err := io.ReadAll(open(b, path))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var c factCounter
		if err := edgar.ReadCompanyFacts(bytes.NewReader(data), &c); err != nil {
			b.Fatal(err)
		}
		if c.facts != facts || c.rejections != 0 {
			b.Fatalf("%d facts, %d rejections, want %d, none", c.facts, c.rejections, facts)
		}
	}
}

func BenchmarkParseSubmissions(b *testing.B) {
	path, filings := filepath.Join("testdata", "submissions", "CIK0000320193.json"), 56
	if dir := os.Getenv("CORPINTEL_TESTDATA"); dir != "" {
		path, filings = filepath.Join(dir, "edgar", "submissions", "CIK0000021344.json.gz"), 3283
	}
	data, err := io.ReadAll(open(b, path))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s, err := edgar.ParseSubmissions(bytes.NewReader(data))
		if err != nil {
			b.Fatal(err)
		}
		if len(s.Filings) != filings {
			b.Fatalf("%d filings, want %d", len(s.Filings), filings)
		}
	}
}

func BenchmarkParseDecimal(b *testing.B) {
	for _, text := range []string{"416161000000", "-0.00001", "1234567890123456.7"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if v, _ := edgar.ParseDecimal(text); v == 0 {
					b.Fatal("zero")
				}
			}
		})
	}
}

func BenchmarkDateAppend(b *testing.B) {
	date, buffer := edgar.NewDate(2023, 9, 30), make([]byte, 0, 10)
	b.ReportAllocs()
	for b.Loop() {
		if buffer = date.Append(buffer[:0]); string(buffer) != "2023-09-30" {
			b.Fatalf("%s", buffer)
		}
	}
}
