package edgar

// Rejection names a record that was not taken: where it stands in its file and why. Both are fit for a user.
type Rejection struct {
	Position string // for example "filings.recent[17]", "us-gaap:Revenues USD[3]" or "row 12"; indexes count from 0
	Reason   string
}
