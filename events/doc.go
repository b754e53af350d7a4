// Package events tells a server what was changed in the database, by whomever, soon after it was committed.
//
// Writers note their changes in the outbox, in the transaction that makes them (store.Tx.Changed). A Follower reads it, many
// times a second and whenever PostgreSQL tells it of new rows, and hands on what it finds to its subscribers: caches, which
// forget what is old. Notifications only make it faster: what is missed by them is read all the same.
//
// Every change is delivered once, whatever the order in which transactions are committed; where that cannot be known, as after
// a lost connection, a Batch says that everything may have changed. While the outbox cannot be read a Follower is not Fresh, and
// nothing may be answered from a cache. Rows are deleted an hour after they were written.
package events
