package edgar

import "strconv"

// SICDivision returns the division of the Standard Industrial Classification that the code sic ("3571", leading zeros
// optional) belongs to, for example "Manufacturing"; "" when it belongs to none. Source: the divisions A to J of the SIC
// manual; the SEC's own codes 8880 (American depositary receipts) and 8888 (foreign governments) are put where their
// filers belong.
func SICDivision(sic string) string {
	code, err := strconv.ParseUint(sic, 10, 16)
	if err != nil || len(sic) > 4 {
		return ""
	}
	switch code {
	case 8880:
		return sicFinance
	case 8888:
		return sicPublicAdministration
	}
	switch group := code / 100; {
	case group >= 1 && group <= 9:
		return "Agriculture, Forestry and Fishing"
	case group >= 10 && group <= 14:
		return "Mining"
	case group >= 15 && group <= 17:
		return "Construction"
	case group >= 20 && group <= 39:
		return "Manufacturing"
	case group >= 40 && group <= 49:
		return "Transportation, Communications, Electric, Gas and Sanitary Services"
	case group >= 50 && group <= 51:
		return "Wholesale Trade"
	case group >= 52 && group <= 59:
		return "Retail Trade"
	case group >= 60 && group <= 67:
		return sicFinance
	case group >= 70 && group <= 89:
		return "Services"
	case group >= 91 && group <= 97:
		return sicPublicAdministration
	case group == 99:
		return "Nonclassifiable Establishments"
	default:
		return ""
	}
}

const (
	sicFinance              = "Finance, Insurance and Real Estate"
	sicPublicAdministration = "Public Administration"
)
