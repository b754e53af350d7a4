package edgar

import "testing"

// TestDateCivil compares with package time, from before the year −700 to after 9999.
func TestDateCivil(t *testing.T) {
	t.Parallel()
	for d := Date(-1_000_000); d < 3_000_000; d += 31 {
		year, month, day := d.civil()
		wantYear, wantMonth, wantDay := d.Time().Date()
		if year != wantYear || month != int(wantMonth) || day != wantDay {
			t.Fatalf("day %d is %d-%d-%d, want %d-%d-%d", d, year, month, day, wantYear, wantMonth, wantDay)
		}
	}
}
