package store

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/corpintel/corpintel/edgar"
)

// NodeKind is the type of an object that has a global id.
type NodeKind string

// The types that have global ids.
const (
	NodeCompany          NodeKind = "Company"
	NodeFiling           NodeKind = "Filing"
	NodeMetricDefinition NodeKind = "MetricDefinition"
)

// NodeID returns the global id of an object: the base64 form of "Company:42". It is opaque to clients.
func NodeID(kind NodeKind, id int64) string {
	var buf [64]byte
	return string(AppendNodeID(buf[:0], kind, id))
}

// AppendNodeID appends the global id of an object.
func AppendNodeID(b []byte, kind NodeKind, id int64) []byte {
	var buf [40]byte
	return base64.RawURLEncoding.AppendEncode(b, strconv.AppendInt(append(append(buf[:0], kind...), ':'), id, 10))
}

// ParseNodeID is the inverse of NodeID. Error: *edgar.SyntaxError for what NodeID cannot have returned.
func ParseNodeID(s string) (NodeKind, int64, error) {
	bad := &edgar.SyntaxError{Kind: "id", Text: s, Want: "an id that this server returned"}
	text, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return "", 0, bad
	}
	kind, number, _ := strings.Cut(string(text), ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 0 {
		return "", 0, bad
	}
	switch k := NodeKind(kind); k {
	case NodeCompany, NodeFiling, NodeMetricDefinition:
		if NodeID(k, id) != s { // one spelling an object
			return "", 0, bad
		}
		return k, id, nil
	default:
		return "", 0, bad
	}
}
