package web

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/corpintel/corpintel/web/document"
)

// legible makes faults of variables fit to be answered: the library repeats texts and names whatever their length, and
// where a number is none that it can use it names another number than the one that was sent.
func legible(faults gqlerror.List) {
	for _, fault := range faults {
		if strings.HasPrefix(fault.Message, "cannot use value ") {
			switch {
			case strings.HasSuffix(fault.Message, " as Int"):
				fault.Message = "the value is not a whole number of at most 64 bits"
			case strings.HasSuffix(fault.Message, " as Float"):
				fault.Message = "the value is out of the range of a Float"
			}
		}
		fault.Message = document.Shorten(fault.Message)
		for i, element := range fault.Path {
			if name, ok := element.(ast.PathName); ok {
				fault.Path[i] = ast.PathName(document.Shorten(string(name)))
			}
		}
	}
}
