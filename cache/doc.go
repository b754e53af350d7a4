// Package cache keeps bytes in a Redis that several servers share. It is mechanism only: what is kept, under which key and
// for how long is its users' business, and so is whether what came back is what belongs to the key.
//
// What holds:
//
//   - Redis may be away, slow, full, read-only or wrong about the password: then what is looked for is absent and what is
//     stored is lost. No caller gets an error from that or waits for longer than 60 ms.
//   - The first call that fails opens a circuit breaker. While it is open no call leaves the process. Requests never try
//     whether Redis is back: every half second one of them has it tried in the background.
//   - Every key is corpintel:NAMESPACE:KIND:KEY, and every entry has a time to live. Nothing is ever flushed or scanned.
//   - A nil *Cache is one without Redis: it is away for good.
package cache
