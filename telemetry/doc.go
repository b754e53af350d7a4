// Package telemetry counts, logs and traces what a server does.
//
// A Telemetry has the metrics, in a registry of its own, and what is to be logged of a request. A Request is the record of one
// HTTP request: the middleware of package web begins and ends it, and whoever works for the request finds it through the
// context and adds to it. What is counted beside requests comes in through methods of Telemetry, or is read at a scrape from
// functions that were given to it.
//
// What holds:
//
//   - Labels are bounded whatever clients send: a value that is not known, or comes when there are many already, is other.
//   - Counting neither locks, once a label has been seen, nor allocates, but for a bucket of the one native histogram.
//   - A scrape asks no database and takes no lock that requests wait for.
//   - Nothing of a request is logged that is secret: no text, no header, and no variables unless that was asked for. Spans of traces
//     have even less: names and numbers.
//   - A request that is not sampled makes no span, and costs no allocation more than one of a server without traces.
package telemetry
