// Package auth says who asks and what they may do: roles, modes, the viewer in a context, keys, and the limit on wrong keys.
// It knows nothing of databases or HTTP; whose a key is, package clients knows.
package auth
