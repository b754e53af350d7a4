// Package clients is the registry: who may ask with which key, and which documents each client registered. A server holds all
// of it in memory, documents' texts apart, as a snapshot that is replaced whole when somebody changed something, so that a
// request is let in and its document found without a statement and without a lock.
//
// The truth is in PostgreSQL: package store writes it, and every transaction that changes it changes a number, which
// Follow looks at.
package clients
