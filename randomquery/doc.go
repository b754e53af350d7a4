// Package randomquery compares the server with a naive reference over random operations. It has tests only.
//
// A generator makes valid operations from the schema: aliases, fragments that overlap, variables of every kind, @skip and
// @include, pages in both directions behind real cursors, and now and then an argument that is wrong. Each is sent to
// the server's HTTP handler and given to a reference that shares nothing with it: no lookahead, no loaders, no executor
// of gqlgen, one plain statement for a field of an object, everything else worked out in Go as the schema describes it.
// The answers must be equal byte by byte, and the server must not send more statements than the operation has levels of
// fields that need one. An operation that fails is made smaller while it still fails, and printed.
//
// More of them, and others:
//
//	go test ./randomquery -operations 20000 -seed 7
//
// A field that is new in the schema is asked for without further ado, and the reference then says that it does not know
// it: add it to reference_*_test.go.
package randomquery
