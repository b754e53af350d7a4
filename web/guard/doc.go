// Package guard refuses documents that would cost too much before anybody has understood them.
//
// A GraphQL document of a kilobyte can keep a parser, a validator or an executor busy for seconds: fragments that spread
// each other twice, thousands of directives that nobody knows, one field under ten thousand names. Check reads a document
// once, in time linear in its length, counts what later stages pay for, and stops at the first count beyond its limit.
//
// The guard is no parser: it accepts what is no GraphQL, and leaves to the parser to say so. On documents that are, its
// counts are exact: those of the lexer, and those of the document with every fragment written out where it is spread.
package guard
