package demo

import "strings"

// A made-up name is a stem of three or four syllables, no two of a place with the same initial: the initials are the
// ticker, and stems and tickers are unique because the company's number decides the syllables.
var (
	headSyllables = [...]string{
		"Al", "Be", "Ca", "Do", "El", "Fa", "Ga", "Ha", "In", "Ju", "Ke", "Lo",
		"Ma", "No", "Or", "Pe", "Ra", "Se", "Ta", "Ul", "Ve", "Wi", "Zo",
	}
	middleSyllables = [...]string{
		"ba", "co", "di", "fe", "gu", "ho", "ja", "ki", "lu", "mo", "ne", "pa", "ri", "so", "tu", "va", "we", "zi",
	}
	tailSyllables = [...]string{
		"bor", "cas", "dex", "fin", "gon", "hart", "jen", "kos", "lis", "mar", "nix", "pel", "ron", "sen", "tav", "vik",
		"wyn", "zan",
	}
)

const (
	shortStems = len(headSyllables) * len(middleSyllables) * len(tailSyllables)
	longStems  = shortStems * len(middleSyllables)

	// MaxCompanies is the greatest number of companies for which there are names.
	MaxCompanies = 100_000
)

// stem returns the first word of the name and the ticker of the company with this number. Every fourth has the shorter
// kind as long as they last. The factors have no divisor in common with the numbers of stems, so every company has its
// own; they are large, so neighbours do not look alike.
func stem(number int) (name, ticker string) {
	var index int
	var parts []string
	if number%4 == 0 && number/4 < shortStems {
		index = number / 4 * 2797 % shortStems
		parts = make([]string, 3)
	} else {
		index = number * 47_681 % longStems
		parts = make([]string, 4)
	}
	last := len(parts) - 1
	parts[last], index = tailSyllables[index%len(tailSyllables)], index/len(tailSyllables)
	for i := last - 1; i > 0; i-- {
		parts[i], index = middleSyllables[index%len(middleSyllables)], index/len(middleSyllables)
	}
	parts[0] = headSyllables[index]

	initials := make([]byte, len(parts))
	for i, p := range parts {
		initials[i] = p[0]
	}
	return strings.Join(parts, ""), strings.ToUpper(string(initials))
}

// legalForms are how the names of a country's companies end.
func legalForms(country string) []string {
	switch country {
	case "US":
		return []string{", Inc.", ", Inc.", " Inc", " Corp", " Corporation", " Co", " Holdings, Inc.", " Group, Inc."}
	case "GB", "IE":
		return []string{" plc"}
	case "NL":
		return []string{" N.V."}
	case "CH":
		return []string{" AG"}
	case "DE":
		return []string{" SE"}
	case "JP":
		return []string{" Co., Ltd."}
	default:
		return []string{" Ltd.", " Limited"}
	}
}
