//go:build race

package series_test

// isRace says that the race detector is there, under which a sync.Pool loses some of what it is given.
const isRace = true
