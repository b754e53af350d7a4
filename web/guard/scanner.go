package guard

// kind tells tokens apart as far as counting needs: a punctuator is its own character.
type kind byte

const (
	end     kind = 0 // of the document, or of what a lexer would accept
	name    kind = 'a'
	literal kind = '0' // number or string
	comment kind = '#'
	spread  kind = '.'
)

// scanner cuts a document into tokens.
type scanner struct {
	text     string
	from, to int // the token
}

// token returns the text of the present token.
func (s *scanner) token() string { return s.text[s.from:s.to] }

// next goes to the next token.
func (s *scanner) next() kind {
	s.skipIgnored()
	s.from = s.to
	if s.to == len(s.text) {
		return end
	}
	c := s.text[s.to]
	s.to++
	switch c {
	case '{', '}', '(', ')', '[', ']', ':', '$', '@', '!', '=', '|', '&':
		return kind(c)
	case '.':
		return s.spread()
	case '#':
		return s.comment()
	case '"':
		return s.quoted()
	}
	switch {
	case isNameStart(c):
		for s.to < len(s.text) && isNamePart(s.text[s.to]) {
			s.to++
		}
		return name
	case c == '-' || isDigit(c):
		s.number()
		return literal
	}
	return end
}

// skipIgnored skips blanks, ends of lines, commas and byte order marks.
func (s *scanner) skipIgnored() {
	for s.to < len(s.text) {
		switch s.text[s.to] {
		case ' ', ',', '\t', '\n', '\r':
			s.to++
		case 0xEF:
			if len(s.text)-s.to < 3 || s.text[s.to:s.to+3] != "\uFEFF" {
				return
			}
			s.to += 3
		default:
			return
		}
	}
}

func (s *scanner) spread() kind {
	if len(s.text)-s.to < 2 || s.text[s.to:s.to+2] != ".." {
		return end
	}
	s.to += 2
	return spread
}

// comment skips to the end of the line; other control characters end a comment too, and are no tokens.
func (s *scanner) comment() kind {
	for s.to < len(s.text) && (s.text[s.to] >= ' ' || s.text[s.to] == '\t') {
		s.to++
	}
	return comment
}

func (s *scanner) number() {
	s.digits()
	if s.to < len(s.text) && s.text[s.to] == '.' {
		s.to++
		s.digits()
	}
	if s.to < len(s.text) && (s.text[s.to] == 'e' || s.text[s.to] == 'E') {
		s.to++
		if s.to < len(s.text) && (s.text[s.to] == '+' || s.text[s.to] == '-') {
			s.to++
		}
		s.digits()
	}
}

func (s *scanner) digits() {
	for s.to < len(s.text) && isDigit(s.text[s.to]) {
		s.to++
	}
}

// quoted skips a string; one that is not closed is no token.
func (s *scanner) quoted() kind {
	if len(s.text)-s.to >= 2 && s.text[s.to:s.to+2] == `""` {
		s.to += 2
		return s.block()
	}
	for s.to < len(s.text) {
		switch s.text[s.to] {
		case '"':
			s.to++
			return literal
		case '\\':
			s.to++
		case '\n', '\r':
			return end
		}
		s.to = min(s.to+1, len(s.text))
	}
	return end
}

// block skips the rest of a block string. Of more than three quotes in a row the last three close it.
func (s *scanner) block() kind {
	for s.to < len(s.text) {
		switch s.text[s.to] {
		case '"':
			first := s.to
			for s.to < len(s.text) && s.text[s.to] == '"' {
				s.to++
			}
			if s.to-first >= 3 {
				return literal
			}
		case '\\':
			s.to++
			if len(s.text)-s.to >= 3 && s.text[s.to:s.to+3] == `"""` {
				s.to += 3
			}
		default:
			s.to++
		}
	}
	return end
}

func isDigit(c byte) bool     { return '0' <= c && c <= '9' }
func isNameStart(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }
func isNamePart(c byte) bool  { return isNameStart(c) || isDigit(c) }
