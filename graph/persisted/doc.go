// Package persisted reads the files in which clients hand over the documents that they will call by id, and says when two
// texts are the same document.
//
// It knows nothing of the schema or of who registers what: an entry can still be no GraphQL at all.
package persisted
