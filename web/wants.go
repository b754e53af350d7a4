package web

import (
	"net/http"
	"strings"
)

// wants reports whether a request asks by a header of ours for more than its answer: with any value but 0 and false.
func wants(r *http.Request, header string) bool {
	value := r.Header.Get(header)
	return value != "" && value != "0" && !strings.EqualFold(value, "false")
}
