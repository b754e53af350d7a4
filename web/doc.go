// Package web serves GraphQL over HTTP, the explorer, and the health of the server.
//
// It knows HTTP and nothing of companies: the resolvers are handed in. Every answer, also to what is no GraphQL request,
// is bounded in time and size, never repeats what was sent, and carries the same error codes (package gqlerr).
package web
