package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK          = 0
	exitFault       = 1   // what was to be done failed
	exitUsage       = 2   // a setting or argument is wrong: nothing was begun
	exitInterrupted = 130 // the user ended it
)

// Environment is what a command sees of the process that it runs in.
type Environment struct {
	Stdout  io.Writer // what was asked for
	Stderr  io.Writer // logs, progress, errors
	Environ []string  // as of os.Environ
	Now     func() time.Time
}

// lookup returns an environment variable; an empty one counts as absent.
func (e *Environment) lookup(name string) string {
	for _, entry := range e.Environ {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}

// commands are the subcommands with their flags.
type commands struct {
	Database databaseFlags `embed:"" group:"database"`
	Log      logFlags      `embed:"" group:"log"`

	Version kong.VersionFlag `help:"Say which version this is."`

	Serve     serveCommand     `cmd:"" default:"withargs" help:"Migrate and serve GraphQL (the default)."`
	Migrate   migrateCommand   `cmd:"" help:"Change the database's schema."`
	Demo      demoCommand      `cmd:"" help:"Load synthetic data into an empty database; the same number gives the same data."`
	Import    importCommand    `cmd:"" help:"Load files as their publishers have them."`
	Client    clientCommand    `cmd:"" help:"Say who may ask: clients and their keys."`
	Documents documentsCommand `cmd:"" help:"Register what clients may call by id, and see what they use."`
	Doctor    doctorCommand    `cmd:"" help:"Look at the database as an experienced administrator does."`
	Profile   profileCommand   `cmd:"" help:"Fetch a profile of a running server, of one operation if wanted."`
	Schema    schemaCommand    `cmd:"" help:"Write the GraphQL schema, as SDL; no database is needed."`
	Health    healthCommand    `cmd:"" help:"Ask a running server whether it is well."`
}

// Run runs the command that the arguments (without the program's name) say, until it is done or ctx is cancelled, and
// returns the exit code. Errors are told on e.Stderr.
func Run(ctx context.Context, args []string, e Environment) int {
	var cli commands
	parsed, err := parse(&cli, args, &e)
	if err != nil {
		fmt.Fprintf(e.Stderr, "corpintel: %v\n", err)
		return exitUsage
	}
	if parsed == nil {
		return exitOK // help was asked for
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&e, &cli.Database, &cli.Log, cli.Log.logger(e.Stderr))
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errInterrupted):
		fmt.Fprintf(e.Stderr, "corpintel: %v\n", err)
		return exitInterrupted
	default:
		fmt.Fprintf(e.Stderr, "corpintel: %v\n", err)
		return exitFault
	}
}

// errInterrupted says that a command was ended by its user before it was done.
var errInterrupted = errors.New("interrupted")

// parse reads arguments and environment into cli. It returns nil when all that was asked for was help, which it prints.
func parse(cli *commands, args []string, e *Environment) (*kong.Context, error) {
	helped := false
	variables := &variables{environment: e}
	parser, err := kong.New(
		cli,
		kong.Name("corpintel"),
		kong.Description("A GraphQL server for public companies, their SEC filings and their metrics through time."),
		kong.Writers(e.Stdout, e.Stderr),
		kong.Vars{"version": version()},
		kong.Exit(func(int) { helped = true }),
		kong.Resolvers(variables),
		kong.ValueFormatter(helpWithVariable),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: helpWidth}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "database", Title: "Database:"},
			{Key: "log", Title: "Log:"},
			{Key: "traces", Title: "Traces:", Description: "Made where there is a collector to send them to."},
			{Key: "limits", Title: "Limits:", Description: "What is beyond is refused before anything is done."},
		}),
	)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.Parse(args)
	if helped {
		return nil, nil
	}
	if err != nil {
		return nil, variables.explain(err)
	}
	return parsed, nil
}
