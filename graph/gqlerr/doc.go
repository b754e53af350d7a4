// Package gqlerr decides what a client learns of an error: it is the only table from Go errors to extensions.code.
//
// What is not in the table is INTERNAL: a fixed message and a trace id, under which the whole error is logged. No SQL,
// no host, no path and no Go type ever leaves. docs/errors.md describes the codes to clients.
package gqlerr
