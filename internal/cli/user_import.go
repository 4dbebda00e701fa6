package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/importer"
)

type userImport struct {
	File        string `arg:"" help:"What the other system has exported: a file, a folder for some formats, or - for standard input."`
	Format      string `help:"Which system that is: ${importFormats}." default:"latchkey" placeholder:"FORMAT"`
	Source      string `help:"A name of your own for the system, if you import from two of the same format." placeholder:"NAME"`
	DryRun      bool   `help:"Write nothing, and say what would happen."`
	OnConflict  string `help:"What to do if an account is here already: skip the row, fail, or update the account." enum:"skip,fail,update" default:"skip"`
	Report      string `help:"Write a line of JSON for each row of which something was not taken, with its line and the cause." type:"path" placeholder:"FILE"`
	Map         string `help:"YAML or JSON that says which columns become the name, the username and which profile fields." type:"path" placeholder:"FILE"`
	HashConfig  string `help:"YAML or JSON with the hash parameters of a Firebase project, or the pepper of Devise." type:"path" placeholder:"FILE"`
	TrustEmails bool   `help:"Take email addresses as verified if the other system does not say whether they are."`
	AllowRoles  bool   `help:"Take the roles STAFF and ADMIN, too."`
	Welcome     bool   `help:"Email each new user that the account is here now. Otherwise no one is emailed."`
	why
}

// Run imports users batch by batch. Each is committed by itself, so that an import that was stopped goes on where it was
// when it is run again.
func (c userImport) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) (err error) {
		options := importer.Options{Format: c.Format, Stdin: env.Stdin, TrustEmails: c.TrustEmails}
		if c.HashConfig != "" {
			if options.Hashes, err = importer.LoadHashConfig(c.HashConfig); err != nil {
				return err
			}
		}
		if c.Map != "" {
			if options.Mapping, err = importer.LoadMapping(c.Map, s.Config().Profile); err != nil {
				return err
			}
		}
		report, err := newImportReport(c.Report, env.Stderr)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, report.close()) }()
		source := c.Source
		if source == "" {
			source = c.Format
		}
		run := &importCommand{
			run: s.NewImport(operator, auth.ImportOptions{
				Source: source, OnConflict: auth.Conflict(c.OnConflict), AllowRoles: c.AllowRoles, Welcome: c.Welcome, DryRun: c.DryRun,
			}),
			report: report, progress: progress{terminal: newTerminal(env.Stderr, env.Getenv)},
		}
		defer run.progress.clear()
		err = importer.Read(c.File, options, func(row *importer.Row) error { return run.add(ctx, row) })
		if err = errors.Join(err, run.flush(ctx)); err != nil {
			return err
		}
		run.progress.clear()
		return run.summary(env.Stdout, c.DryRun)
	})
}

// importCommand collects rows, and imports them in batches.
type importCommand struct {
	run      *auth.Import
	report   *importReport
	progress progress
	rows     []*importer.Row // of the batch
	counts   map[auth.ImportOutcome]int
	total    int
	failed   bool
}

func (c *importCommand) add(ctx context.Context, row *importer.Row) error {
	if c.rows = append(c.rows, row); len(c.rows) < auth.ImportBatch {
		return nil
	}
	return c.flush(ctx)
}

// flush imports the rows that were collected, in one transaction.
func (c *importCommand) flush(ctx context.Context) error {
	rows := c.rows
	c.rows = nil
	if len(rows) == 0 || c.failed {
		return nil
	}
	var users []*auth.ImportedUser
	var readable []*importer.Row
	for _, row := range rows {
		if row.User != nil {
			users, readable = append(users, row.User), append(readable, row)
		}
	}
	results, err := c.run.Batch(ctx, users)
	if err != nil {
		c.failed = true
		var conflict *auth.ImportConflictError
		if errors.As(err, &conflict) {
			return fmt.Errorf("line %d: %w Nothing of this row and of the %d before it was imported", readable[conflict.Index].Line, conflict, conflict.Index)
		}
		return err
	}
	if c.counts == nil {
		c.counts = map[auth.ImportOutcome]int{}
	}
	next := 0
	for _, row := range rows {
		result := auth.ImportResult{Outcome: auth.ImportRefused}
		if row.User != nil {
			result = results[next]
			next++
		}
		c.total++
		c.counts[result.Outcome]++
		if err := c.report.row(row, result); err != nil {
			return err
		}
	}
	c.progress.show(fmt.Sprintf("%d rows, %d created", c.total, c.counts[auth.ImportCreated]))
	return nil
}

func (c *importCommand) summary(w io.Writer, dryRun bool) error {
	_, err := fmt.Fprintf(w, "%d rows: %d created, %d updated, %d unchanged, %d skipped, %d refused\n", c.total, c.counts[auth.ImportCreated],
		c.counts[auth.ImportUpdated], c.counts[auth.ImportUnchanged], c.counts[auth.ImportSkipped], c.counts[auth.ImportRefused])
	if err == nil && dryRun {
		_, err = fmt.Fprintln(w, "This was a dry run: nothing was written.")
	}
	return err
}
