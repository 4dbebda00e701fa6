// Mutate measures the tests: it breaks single places of the program, one after another, and says
// which test sees each break.
//
// The folder list has the mutations, which people write: a place, what stands there, what stands there when it
// is broken, and the tests that should see it. All of them are compiled into one test binary per package, and
// an environment variable chooses the one that is in force, so that a mutation costs a run of its tests and
// no build.
//
// It refuses a list that does not fit the sources any more, and tests that fail without a mutation. The exit
// status is 1 if a mutation survived that the list does not call equivalent.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const mainModule = "module github.com/latchkey-auth/latchkey\n"

const usage = `mutate breaks single places of the program and says which test sees each break.

  go -C internal/tools run ./mutate [flags] [name ...]

Without names it runs every mutation of the list. A name is a regular expression for the names to run.
Packages that several mutations need are compiled once, all mutations included.

`

// options are what the command line says.
type options struct {
	check   bool
	full    bool
	timeout time.Duration
	names   []string
}

var errSurvived = errors.New("some mutations survived: no test sees them")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := command(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

// command is the whole program, from the arguments to the last line.
func command(ctx context.Context, args []string, out, log io.Writer) error {
	var o options
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	flags.SetOutput(log)
	flags.BoolVar(&o.check, "check", false, "only see whether the list fits the sources: compile and run nothing")
	flags.BoolVar(&o.full, "full", false, "run whole packages on what the named tests do not see")
	flags.DurationVar(&o.timeout, "timeout", 3*time.Minute, "how long one run of tests may take; longer counts as seen")
	flags.Usage = func() { fmt.Fprint(log, usage); flags.PrintDefaults() }
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.names = flags.Args()

	root, err := findRoot()
	if err != nil {
		return err
	}
	return measure(ctx, root, filepath.Join(root, "internal/tools/mutate/list"), o, out)
}

// measure reads the list and runs what the options choose of it.
func measure(ctx context.Context, root, list string, o options, out io.Writer) error {
	mutations, err := readList(list)
	if err != nil {
		return err
	}
	placed, err := place(root, mutations)
	if err != nil {
		return err
	}
	if o.check {
		fmt.Fprintf(out, "%d mutations fit the sources.\n", len(mutations))
		return nil
	}
	chosen, err := choose(mutations, o.names)
	if err != nil {
		return err
	}

	work, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	r := &runner{root: root, work: work, timeout: o.timeout}
	if err := r.compile(ctx, placed, chosen); err != nil {
		return err
	}
	if err := r.baseline(ctx, chosen, o.full); err != nil {
		return err
	}
	return r.report(ctx, chosen, o.full, out)
}

// choose returns the mutations whose whole names match one of the expressions; all, if there are none.
func choose(mutations []*mutation, expressions []string) ([]*mutation, error) {
	if len(expressions) == 0 {
		return mutations, nil
	}
	wanted, err := regexp.Compile("^(?:" + strings.Join(expressions, "|") + ")$")
	if err != nil {
		return nil, err
	}
	var chosen []*mutation
	for _, m := range mutations {
		if wanted.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("no mutation has such a name")
	}
	return chosen, nil
}

// findRoot returns the folder of the main module, which is this one or one above it.
func findRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if text, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil && strings.Contains("\n"+string(text), "\n"+mainModule) {
			return folder, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("run it inside of the project")
		}
		folder = above
	}
}
