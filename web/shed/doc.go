// Package shed bounds how much is done at the same time, and turns away what comes beyond that before everybody has to wait.
//
// A Limiter has a number of places. Who takes one while there are any waits for nothing. The others wait in a queue that is
// bounded in length and, above all, in time, as in "Fail at Scale" (Maurer, ACM Queue 13/8):
//
//   - A burst is waited for: those who came first are first, and each waits up to MaxWait.
//   - A queue stands when for a whole MaxWait nobody got a place after less than a tenth of it, as in "Controlling Queue Delay"
//     (Nichols and Jacobson, ACM Queue 10/5). It would not become shorter by waiting. Then those who came last are first, whose clients
//     are there still, and for each who gets a place the one who has waited longest, if for longer than that tenth, learns that
//     he has to come again. So those who are let in have waited for next to nothing. After a MaxWait the others are first again,
//     to see whether the queue still stands.
//
// To turn away costs nearly as much as a small answer, so as many are turned away as are answered, and no more but those who have waited
// for MaxWait: clients that come back at once wait, instead of having the server do nothing else.
//
// That somebody always waits is no overload: clients that ask again as soon as they are answered keep a queue from ever being empty.
//
// While places are held by what waits for a database that is away, time does not count, up to a bound: the queue is no sign of overload
// then, and what was asked is answered once it is back.
//
// Of two classes the first goes first, but for one place in eight: the second one is never starved by the first.
//
// What holds:
//
//   - Nobody waits while a place is free, and no more than the limit have one.
//   - Taking a free place and giving it back allocates nothing and sets no timer.
//   - Waiting sets no timer either. One goroutine looks at those who wait, every 10 ms: whoever stops waiting, as its context has ended,
//     leaves the queue then, and is given no place.
package shed
