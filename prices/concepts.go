package prices

import "github.com/corpintel/corpintel/edgar"

// Concept describes a field as the metric that it is stored as.
type Concept struct {
	Taxonomy, Name     string
	Unit               string
	Label, Description string
	Period             edgar.Period
}

// Concepts returns the concepts of all fields, by Field.
func Concepts() [FieldCount]Concept {
	daily := func(name, unit, label, description string) Concept {
		return Concept{"price", name, unit, label, description, edgar.PeriodDaily}
	}
	return [FieldCount]Concept{
		Open:     daily("open", "USD", "Opening price", "First price of the trading day."),
		High:     daily("high", "USD", "Highest price", "Highest price of the trading day."),
		Low:      daily("low", "USD", "Lowest price", "Lowest price of the trading day."),
		Close:    daily("close", "USD", "Closing price", "Last price of the trading day."),
		AdjClose: daily("adjClose", "USD", "Adjusted closing price", "Last price of the trading day, adjusted for the dividends paid since."),
		Volume:   daily("volume", "shares", "Volume", "Number of shares traded on the day."),
	}
}
