// Package ratelimit limits what a client may spend, in units of cost and not in requests, over all servers that share a
// Redis.
//
// The algorithm is GCRA: a bucket of the size of a minute's budget, which fills again continuously at the rate of the
// budget. A client that has been away may spend its budget at once; over any time t the sum of what is allowed is at most
// the budget plus what t refills, so a minute sees twice the budget at most, and an hour 61 times.
//
// What holds:
//
//   - That sum is kept by all servers together while Redis is there, exactly. A server takes a share ahead (a lease), so
//     that most requests need no round trip; a share that is not spent before its part of the bucket has been filled
//     again is worth nothing any more, or the two would add up to more than the bucket.
//   - One server alone refuses nothing that the algorithm allows: a lease takes from others only, and less the emptier the
//     bucket is.
//   - Without Redis each server keeps the sum by itself, n of them n times as much at most. It goes on from what it has
//     allowed before and from what it knew of the others. A Redis that has lost its memory makes nobody's budget new.
//   - A client that has spent its budget costs no round trip.
package ratelimit
