// Package demo writes a made-up data set into an empty database: companies, securities, filings, facts, series and
// daily prices, for trying the program out and for benchmarks.
//
// The data are fictional (CIKs from 9,900,000,001 up, which EDGAR does not use) but shaped as the importers would leave
// them: every metric has its fact, every fact its filing, every count agrees with what it counts. They end on
// 2026-11-20 and depend on nothing but Options: the same options give the same rows, bit for bit, ids included, on
// every machine. That is why all arithmetic is on integers (the compiler may fuse floating-point operations on some
// machines) and why the random numbers are the package's own.
//
// The companies of a smaller set are those of a larger one, and Options.FullPrices only adds prices.
package demo
