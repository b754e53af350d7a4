package edgar

// AccessionNumber identifies one submission to EDGAR. As text it is "0000320193-23-000106": ten digits of the submitter
// (the company or its filing agent), two of the year, six of the sequence. Its value is these 18 digits as a number.
type AccessionNumber int64

// ParseAccessionNumber reads an accession number with its hyphens ("0000320193-23-000106") or without
// ("000032019323000106"). Error: *SyntaxError.
func ParseAccessionNumber(s string) (AccessionNumber, error) {
	dashed := len(s) == 20
	if !dashed && len(s) != 18 {
		return 0, accessionError(s)
	}
	var n int64
	for i, c := range []byte(s) {
		if dashed && (i == 10 || i == 13) {
			if c != '-' {
				return 0, accessionError(s)
			}
			continue
		}
		if c < '0' || c > '9' {
			return 0, accessionError(s)
		}
		n = n*10 + int64(c-'0')
	}
	return AccessionNumber(n), nil
}

// Append appends a with its hyphens to b.
func (a AccessionNumber) Append(b []byte) []byte {
	n := int64(a)
	b = append(appendPadded(b, n/100_000_000, 10), '-')
	b = append(appendPadded(b, n/1_000_000%100, 2), '-')
	return appendPadded(b, n%1_000_000, 6)
}

// String returns a with its hyphens.
func (a AccessionNumber) String() string { return string(a.Append(make([]byte, 0, 20))) }

// AppendCompact appends the 18 digits of a without hyphens, as the SEC uses them in addresses.
func (a AccessionNumber) AppendCompact(b []byte) []byte { return appendPadded(b, int64(a), 18) }

// Compact returns the 18 digits of a without hyphens.
func (a AccessionNumber) Compact() string { return string(a.AppendCompact(make([]byte, 0, 18))) }

func accessionError(s string) error {
	return &SyntaxError{Kind: "accession number", Text: s, Want: `ten, two and six digits such as "0000320193-23-000106"`}
}
