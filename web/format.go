package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"runtime/debug"
	"strconv"

	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/corpintel/corpintel/graph"
)

// answerVersion is counted up when other bytes are made of the same data, and neither the schema nor the program's revision says so.
const answerVersion = 1

// AnswerFormat names the form of this release's answers: servers give away only what one of the same form has made. It has
// the schema and the revision that the program was built from.
func AnswerFormat() string {
	var text bytes.Buffer
	formatter.NewFormatter(&text).FormatSchema(graph.NewExecutableSchema(graph.Config{}).Schema())
	if info, ok := debug.ReadBuildInfo(); ok {
		text.WriteString(info.Main.Version)
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" || setting.Key == "vcs.modified" {
				text.WriteString(" " + setting.Value)
			}
		}
	}
	sum := sha256.Sum256(text.Bytes())
	return strconv.Itoa(answerVersion) + "-" + hex.EncodeToString(sum[:12])
}
