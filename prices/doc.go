// Package prices reads daily prices of securities from CSV files, and the table that says which company held a symbol
// when.
//
// It is pure: it reads from an io.Reader, keeps nothing, and knows neither the database nor GraphQL. What is wrong with
// a cell costs that cell, what is wrong with a date or a symbol costs its row. It looks at one row at a time: whether a
// security has two rows of one day is for its caller to find.
package prices
