// Package ingest brings files of the SEC's EDGAR system into PostgreSQL: submissions with their older pages, ticker
// files, company facts and indexes of filings, plain, gzipped, or as members of the SEC's bulk archives. Beside them it
// imports reference files, which say what sector and industry companies belong to, and files of daily prices.
//
// Invariants:
//
//   - A file (or member of an archive) is imported in one transaction, wholly or not at all; small ones share one. What
//     a broken file began is rolled back, and an import that was killed is completed by running it again. A price file
//     may be too large for that: it is read as a whole first, then stored in transactions of some symbols each.
//   - Imports commute and repeat: the same files in any order, any number of times, leave the same content, surrogate
//     ids aside. To that end whatever two files may contradict each other about carries the date of the snapshot it is
//     from: the newer snapshot wins, of one date the greater value.
//   - What is derived from filings and facts (form counts, units, series and their points) is recomputed for what a
//     file changed, in that file's transaction; only rows that differ are written.
//   - A document is remembered by the digest of its bytes, in the transaction that commits it, and not read again.
//   - When the database goes away, what was not committed is done again when it is back; nothing is counted twice.
//   - Memory does not depend on the size of the files.
//
// A company facts document or an index is parsed while it is copied into a temporary table; from there on every step is
// one statement for the whole file. One import runs at a time on a database: a session lock makes others wait.
package ingest
