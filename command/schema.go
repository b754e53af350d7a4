package command

import (
	"io"

	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/corpintel/corpintel/web"
)

// schemaCommand writes the schema, for tools that make code of it or hold another one against it.
type schemaCommand struct{}

// Run writes the schema that servers of this release have, in the schema definition language. It needs no database.
func (*schemaCommand) Run(e *Environment) error {
	out := &firstError{to: e.Stdout}
	formatter.NewFormatter(out, formatter.WithIndent("  ")).FormatSchema(web.Schema())
	return out.err
}

// firstError is a writer that writes nothing more after an error, and keeps it: the formatter tells of none.
type firstError struct {
	to  io.Writer
	err error
}

// Write implements io.Writer.
func (f *firstError) Write(p []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	var n int
	n, f.err = f.to.Write(p)
	return n, f.err
}
