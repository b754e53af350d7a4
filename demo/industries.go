package demo

// industry is what a company does, and how that shows in its figures.
type industry struct {
	sector string // as in GICS
	sic    string // SIC code
	title  string // SIC description
	words  []string

	margin   int64 // net income in thousandths of revenue
	leverage int64 // liabilities in percent of a year's revenue
	season   int64 // how far revenue of October to December stands above that of the other quarters, in thousandths
	multiple int64 // market value in tenths of a year's revenue
}

// The industries, as common as they stand here often.
var industries = []industry{
	{"Information Technology", "7372", "Services-Prepackaged Software", []string{"Software", "Cloud", "Data Systems"}, 160, 70, 40, 65},
	{"Information Technology", "7372", "Services-Prepackaged Software", []string{"Analytics", "Networks", "Digital"}, 60, 80, 50, 70},
	{"Information Technology", "3674", "Semiconductors & Related Devices", []string{"Semiconductor", "Microsystems", "Devices"}, 220, 60, 60, 60},
	{"Information Technology", "7374", "Services-Computer Processing & Data Preparation", []string{"Information Services", "Data", "Payments"}, 140, 90, 20, 45},
	{"Information Technology", "3576", "Computer Communications Equipment", []string{"Networks", "Communications Systems"}, 130, 80, 30, 35},
	{"Information Technology", "3571", "Electronic Computers", []string{"Computer", "Technologies"}, 110, 90, 180, 30},
	{"Health Care", "2834", "Pharmaceutical Preparations", []string{"Pharmaceuticals", "Therapeutics", "Pharma"}, 170, 110, 10, 45},
	{"Health Care", "2834", "Pharmaceutical Preparations", []string{"Therapeutics", "Medicines"}, -160, 90, 10, 50},
	{"Health Care", "2836", "Biological Products, (No Diagnostic Substances)", []string{"Biosciences", "Biologics", "Genomics"}, -220, 80, 10, 55},
	{"Health Care", "3841", "Surgical & Medical Instruments & Apparatus", []string{"Medical", "Surgical", "Medical Devices"}, 130, 80, 30, 40},
	{"Health Care", "3826", "Laboratory Analytical Instruments", []string{"Instruments", "Life Sciences"}, 140, 85, 40, 42},
	{"Health Care", "8062", "Services-General Medical & Surgical Hospitals, NEC", []string{"Health Systems", "Hospitals"}, 50, 95, 10, 11},
	{"Financials", "6022", "State Commercial Banks", []string{"Bancorp", "Bancshares", "Financial"}, 240, 2400, 0, 32},
	{"Financials", "6021", "National Commercial Banks", []string{"Bancorp", "National Bankshares"}, 250, 2600, 0, 33},
	{"Financials", "6331", "Fire, Marine & Casualty Insurance", []string{"Insurance", "Casualty", "Assurance"}, 90, 320, 0, 14},
	{"Financials", "6211", "Security Brokers, Dealers & Flotation Companies", []string{"Securities", "Capital Markets"}, 180, 500, 20, 28},
	{"Financials", "6199", "Finance Services", []string{"Capital", "Credit"}, 160, 600, 20, 25},
	{"Industrials", "3728", "Aircraft Parts & Auxiliary Equipment, NEC", []string{"Aerospace", "Aero Components"}, 95, 90, 30, 24},
	{"Industrials", "3569", "General Industrial Machinery & Equipment, NEC", []string{"Industries", "Machinery", "Engineering"}, 100, 75, 20, 22},
	{"Industrials", "4213", "Trucking (No Local)", []string{"Freight", "Transport", "Logistics"}, 60, 60, 30, 13},
	{"Industrials", "4955", "Hazardous Waste Management", []string{"Environmental", "Waste Services"}, 80, 100, 0, 26},
	{"Industrials", "8742", "Services-Management Consulting Services", []string{"Consulting", "Advisory"}, 70, 60, 10, 15},
	{"Consumer Discretionary", "5651", "Retail-Family Clothing Stores", []string{"Apparel", "Outfitters"}, 60, 70, 320, 11},
	{"Consumer Discretionary", "5812", "Retail-Eating Places", []string{"Restaurants", "Kitchens"}, 80, 120, 20, 23},
	{"Consumer Discretionary", "3711", "Motor Vehicles & Passenger Car Bodies", []string{"Motors", "Mobility"}, 45, 110, 40, 10},
	{"Consumer Discretionary", "1531", "Operative Builders", []string{"Homes", "Communities"}, 110, 60, 90, 12},
	{"Consumer Discretionary", "7011", "Hotels & Motels", []string{"Hotels", "Resorts"}, 90, 140, -60, 28},
	{"Consumer Staples", "2000", "Food and Kindred Products", []string{"Foods", "Mills"}, 75, 80, 60, 16},
	{"Consumer Staples", "2086", "Bottled & Canned Soft Drinks & Carbonated Waters", []string{"Beverages", "Springs"}, 120, 90, -40, 30},
	{"Consumer Staples", "5411", "Retail-Grocery Stores", []string{"Markets", "Grocers"}, 22, 35, 60, 5},
	{"Energy", "1311", "Crude Petroleum & Natural Gas", []string{"Energy", "Petroleum", "Resources"}, 150, 110, 0, 20},
	{"Energy", "4922", "Natural Gas Transmission", []string{"Pipeline", "Midstream"}, 140, 200, 50, 24},
	{"Utilities", "4911", "Electric Services", []string{"Electric", "Power"}, 120, 260, -20, 25},
	{"Utilities", "4941", "Water Supply", []string{"Water", "Utilities"}, 180, 280, -30, 50},
	{"Real Estate", "6798", "Real Estate Investment Trusts", []string{"Realty Trust", "Properties", "Residential"}, 230, 480, 0, 75},
	{"Real Estate", "6500", "Real Estate", []string{"Land", "Estates"}, 120, 250, 20, 30},
	{"Materials", "2821", "Plastic Materials, Synth Resins & Nonvulcan Elastomers", []string{"Materials", "Polymers"}, 80, 85, -10, 14},
	{"Materials", "1040", "Gold and Silver Ores", []string{"Gold", "Mining"}, 130, 70, 10, 27},
	{"Communication Services", "4813", "Telephone Communications (No Radiotelephone)", []string{"Telecom", "Communications"}, 90, 160, 10, 17},
	{"Communication Services", "7812", "Services-Motion Picture & Video Tape Production", []string{"Studios", "Entertainment"}, 70, 90, 110, 24},
}

// financing is what a company is that only borrows for its parent.
var financing = industry{words: []string{"Funding"}, margin: 90, leverage: 1200, multiple: 20}
