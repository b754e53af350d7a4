package gqlerr

// Code is the value of an error's extensions.code. Clients may rely on it; messages may change.
type Code string

// The codes, in the order of docs/errors.md.
const (
	ParseFailed      Code = "GRAPHQL_PARSE_FAILED"      // the document is not GraphQL
	ValidationFailed Code = "GRAPHQL_VALIDATION_FAILED" // the document or its variables do not fit the schema
	TooComplex       Code = "COMPLEXITY_LIMIT_EXCEEDED" // the answer could have too many fields
	LimitExceeded    Code = "LIMIT_EXCEEDED"            // the body or the document is larger than is read
	BadRequest       Code = "BAD_REQUEST"               // the HTTP request carries no GraphQL request
	BadUserInput     Code = "BAD_USER_INPUT"            // an argument has a value that cannot be used
	Unauthenticated  Code = "UNAUTHENTICATED"           // no key, or none that is valid
	Forbidden        Code = "FORBIDDEN"                 // a page or a name from elsewhere, or a role that may not
	RateLimited      Code = "RATE_LIMITED"              // the budget is spent, or too many wrong keys
	// The text of a hash is not known: send it with the hash (APQ).
	PersistedQueryNotFound Code = "PERSISTED_QUERY_NOT_FOUND"
	DocumentNotFound       Code = "DOCUMENT_NOT_FOUND"      // the client has registered no document of the id
	DocumentNotRegistered  Code = "DOCUMENT_NOT_REGISTERED" // a text from a client that may run registered ones only
	DocumentRetired        Code = "DOCUMENT_RETIRED"        // a registered document that is not executed any more
	NotFound               Code = "NOT_FOUND"               // what was to be changed does not exist
	Timeout                Code = "TIMEOUT"                 // the request ran out of time
	Unavailable            Code = "UNAVAILABLE"             // the database is away or busy
	Overloaded             Code = "OVERLOADED"              // the server has more to do than it can
	Internal               Code = "INTERNAL"                // everything else
)

// Codes returns every code that an answer can carry.
func Codes() []Code {
	return []Code{
		ParseFailed, ValidationFailed, TooComplex, LimitExceeded, BadRequest, BadUserInput,
		Unauthenticated, Forbidden, RateLimited, PersistedQueryNotFound, DocumentNotFound, DocumentNotRegistered, DocumentRetired,
		NotFound, Timeout, Unavailable, Overloaded, Internal,
	}
}
