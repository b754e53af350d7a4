// Package bench compares the server with the least that could answer the same questions: a handler for each workload that
// is written by hand, with one statement, no GraphQL, and JSON appended from the bytes of the rows. What the server costs
// beyond these handlers is what GraphQL costs here.
//
// The handlers are the package; the comparison is its benchmark, which runs both over the same database in one process, in
// turns, with the clients in another process. A test compares the answers, and holds the server to its numbers of
// statements and allocations.
package bench
