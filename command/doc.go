// Package command is the command line: one file per subcommand, the settings they share, and the wiring of all other
// packages. It is the only package that knows them all.
//
// Nothing here reads the process's own arguments, environment, streams or clock: they come in through Environment, so
// that tests run whole commands.
package command
