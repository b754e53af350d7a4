// Package store reads and writes PostgreSQL. It is the only package that holds SQL for the request path; every statement
// is constant text beside the method that runs it (those of company_page.go are composed of constant fragments), and begins
// with a line "-- name:" that tracers report.
//
// Rows are immutable once they are returned: loaders and caches share them between requests.
package store
