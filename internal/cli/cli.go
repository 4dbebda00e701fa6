// Package cli is the command line: a file for each command, and the terminal on which a person reads what
// came of it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/importer"
)

// program is the command line. Every setting is a flag of every command.
type program struct {
	config.Settings

	Serve       serveCommand       `cmd:"" default:"1" help:"Serve the API. This is what happens without a command."`
	MigrateCmd  migrateCommand     `cmd:"" name:"migrate" help:"Bring the database up to date, and stop."`
	User        userCommands       `cmd:"" help:"Make and change accounts."`
	Client      clientCommands     `cmd:"" help:"Make keys for backends that ask what a token stands for."`
	Audit       auditCommand       `cmd:"" help:"Print what was done to accounts: when, by whom, from where, and what came of it."`
	Mail        mailCommands       `cmd:"" help:"Look at the letters that are mailed, and send a test."`
	Keys        keysCommands       `cmd:"" help:"Look at the keys that sign access tokens, and rotate them."`
	Provider    providerCommands   `cmd:"" help:"Look at the services by which people can sign in, and test them."`
	Backup      backupCommand      `cmd:"" help:"Copy a SQLite database that is in use into a new file. For PostgreSQL there is pg_dump."`
	GC          gcCommand          `cmd:"" name:"gc" help:"Remove what has expired, now. A running server does this by itself."`
	Doctor      doctorCommand      `cmd:"" help:"Look at the settings, the database, the mail server, the clock and the public URL, and say what to fix."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the server on this machine whether it is ready, for images without a shell: status 0 or 1."`
	ConfigCmd   configCommand      `cmd:"" name:"config" help:"Print the settings in force, secrets masked, and what is wrong with them."`
	VersionCmd  versionCommand     `cmd:"" name:"version" help:"Print the version."`
}

// Run does what the command line says, until ctx ends.
func Run(ctx context.Context, env app.Env) error {
	var p program
	exited := false
	parser, err := kong.New(&p,
		kong.Name("latchkey"),
		kong.Description("A GraphQL authentication API in one binary. Every setting is a flag and an environment variable; flags win."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(int) { exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.Vars{"importFormats": strings.Join(importer.Formats(), ", ")},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&env, &p.Settings),
		config.From(env.Getenv),
	)
	if err != nil {
		return fmt.Errorf("read command line: %w", err)
	}
	command, err := parser.Parse(env.Args)
	if exited {
		return nil
	}
	if err != nil {
		// What was typed behind the address may be a password.
		if slices.Contains(env.Args, "user") && strings.HasPrefix(err.Error(), "unexpected argument") {
			err = errors.New("there is an argument too many: a password is asked for, or read from standard input, and JSON is put in single quotes")
		}
		return fmt.Errorf("%w\nTry: latchkey --help", err)
	}
	return withUnknown(command.Run(), env.Environ)
}

// withUnknown adds the variables that are no settings to faults of the settings: the one that is
// missing may be the one that is mistyped.
func withUnknown(err error, environ []string) error {
	var faults config.Faults
	if !errors.As(err, &faults) {
		return err
	}
	for _, warning := range config.Unknown(environ) {
		err = fmt.Errorf("%w\n%s", err, warning)
	}
	return err
}
