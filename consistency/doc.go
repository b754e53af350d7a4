// Package consistency proves that no server ever answers with an old number. It has tests only.
//
// Two whole servers keep rows and answers, and share these through a real Redis, over one database; a third one that keeps
// nothing is the model. Steps are drawn: operations of all kinds by clients of all roles, writes, imports, transactions that
// take their place in the outbox early and are committed late, faults of all that servers hang on. What the servers answer
// must be, byte by byte, what the model does: on the server that has written at once, on the other one as soon as it shows a
// mark that was written last, half a second after it was committed at the latest.
//
// While writes are under way there is no one right answer. There each company's name is a number that only grows, and no answer
// may be older than what was committed half a second before it was asked for.
//
// Servers that are broken on purpose must be found out, so that nothing of this passes for want of looking.
//
// More steps, and others:
//
//	go test ./consistency -steps 20000 -seed 7
package consistency
