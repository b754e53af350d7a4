// Package answers keeps rendered answers in memory, and gives none away that a change has made old.
//
// An answer is kept with the tags of what it depends on. Whoever fills takes the number of the last change before it asks the
// database; a change gets a number and is noted at its tags. An answer is good while none of its tags has a greater number than
// the answer: so one that was read before a change and is kept after it was old from the start, and nothing has to be searched
// for when something changes.
package answers
