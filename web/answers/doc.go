// Package answers keeps rendered answers in memory, shares dear ones between servers through Redis, and gives none away that a
// change has made old.
//
// An answer is kept with the tags of what it depends on. Whoever fills takes the number of the last change before it asks the
// database; a change gets a number and is noted at its tags. An answer is good while none of its tags has a greater number than
// the answer: so one that was read before a change and is kept after it was old from the start, and nothing has to be searched
// for when something changes.
//
// An answer in Redis says instead of a number which transactions were over, as far as its maker had delivered their changes, before it
// asked the database. It is good where no later one has changed one of its tags, for a server that knows of all later changes.
package answers
