package persisted

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
)

// HashPrefix may stand before the hash of a document where it is its id, as GraphQL over HTTP has it. It is no part of the id.
const HashPrefix = "sha256:"

// Hash returns the SHA-256 of a text.
func Hash(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// hexHash returns the SHA-256 of a text in lower case.
func hexHash(text string) string {
	hash := Hash(text)
	return hex.EncodeToString(hash[:])
}

// Shape returns the SHA-256 of the tokens of a text: equal for texts that differ only in white space, commas, comments, byte
// order marks and in how a string is escaped. A block string has its value, without its indentation, and differs from a plain
// string of that value. The order of definitions counts, and { a } is not query { a }.
// Error: the text has something in it that is no token of GraphQL.
func Shape(text string) ([32]byte, error) {
	tokens := lexer.New(&ast.Source{Input: text})
	buffer := make([]byte, 0, len(text)+len(text)/2)
	for {
		token, err := tokens.ReadToken()
		switch {
		case err != nil:
			return [32]byte{}, fmt.Errorf("tokens of a document: %w", err)
		case token.Kind == lexer.EOF:
			return sha256.Sum256(buffer), nil
		case token.Kind == lexer.Comment:
			continue
		}
		// Kind and length before each value: no value can look like the next token.
		buffer = append(buffer, kindOf(token.Kind))
		buffer = binary.AppendUvarint(buffer, uint64(len(token.Value)))
		buffer = append(buffer, token.Value...)
	}
}

// kindOf returns what stands for a kind of tokens in shapes. They are stored, so it must never change; the library's own
// numbers may.
func kindOf(kind lexer.Type) byte {
	switch kind {
	case lexer.Name:
		return 'n'
	case lexer.Int:
		return 'i'
	case lexer.Float:
		return 'f'
	case lexer.String:
		return 's'
	case lexer.BlockString:
		return 'b'
	default:
		return kind.String()[0] // a punctuator stands for itself
	}
}
