package command

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// timeLayout is how times are told: in UTC, to the second.
const timeLayout = "2006-01-02T15:04:05Z"

// writeTable writes a line for each row, with a head.
func writeTable[R any](w io.Writer, head string, rows []R, line func(R) string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, head)
	for _, row := range rows {
		fmt.Fprintln(table, line(row))
	}
	return table.Flush()
}

// writeJSON writes a value for programs.
func writeJSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(value)
}
