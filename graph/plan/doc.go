// Package plan compiles the selections below a field of the root into a tree that says, for each object, which response
// keys it has and who writes them. A plan is made once for a document and the values of its @skip and @include conditions,
// and kept as long as the document is.
//
// The package knows selections and types, not what the values are: a table names the writer of each field of each object
// type. Where a selection has a field that the table does not have, there is no plan, and the executor answers.
package plan
