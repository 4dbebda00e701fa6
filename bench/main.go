// The benchmark of Latchkey: it starts the server as it is shipped, the limits that it cannot be faster
// than, and a load, all on this machine, and tells how close the one comes to the others.
//
//	go run ./bench                              # everything, a table
//	go run ./bench --quick                      # the same in seconds, to see that it works
//	go run ./bench --only me --only overload    # parts of it
//	go run ./bench --profile                    # and profiles of what missed its target
//	go run ./bench --publish docs/performance   # everything, written down, profiles too
//
// docs/performance.md explains what is measured and how to read it.
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
	"slices"
	"syscall"
	"time"

	"github.com/latchkey-auth/latchkey/bench/bare"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// A process with these variables is a limit, and does nothing else.
const (
	bareVariable    = "LATCHKEY_BENCH_BARE"
	bareURLVariable = "LATCHKEY_BENCH_BARE_URL"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	run := func() error { return measureAll(ctx, os.Args[1:], os.Stdout) }
	if kind := os.Getenv(bareVariable); kind != "" {
		run = func() error { return bare.Serve(ctx, kind, os.Getenv(bareURLVariable), os.Stdin, os.Stdout) }
	}
	if err := run(); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// plan is how much is measured.
type plan struct {
	rounds      int
	round       time.Duration // of one thing within a round
	alone       time.Duration // of what has no turns
	stretches   int           // at a constant rate
	stretch     time.Duration // at least
	longest     time.Duration // however few requests that are
	look        time.Duration // between two looks at whether a server is quiet
	connections int
	users       int   // of the database that operations are measured on
	sample      int   // of them, for whom one can ask
	inUse       int   // sessions that are in use at a time, where caches are measured
	withJWT     int   // sessions with a JWT
	scales      []int // users
	replicas    []int
	starts      int
	overload    time.Duration
	after       time.Duration // that memory is looked at after a flood
	profile     time.Duration // of something whose target was missed
	profiles    int           // at most
}

var (
	full = plan{
		rounds: 7, round: 450 * time.Millisecond, alone: 1200 * time.Millisecond, stretches: 5, stretch: 1500 * time.Millisecond, longest: 4 * time.Second,
		look: 100 * time.Millisecond, connections: 16, users: 60_000, sample: 60_000, inUse: 10_000, withJWT: 1000,
		scales: []int{1_000, 100_000, 1_000_000}, replicas: []int{1, 2, 4}, starts: 5, overload: 10 * time.Second, after: 10 * time.Second,
		profile: 4 * time.Second, profiles: 100,
	}
	quick = plan{
		rounds: 1, round: 20 * time.Millisecond, alone: 20 * time.Millisecond, stretches: 2, stretch: 15 * time.Millisecond, longest: 30 * time.Millisecond,
		look: 5 * time.Millisecond, connections: 4, users: 800, sample: 800, inUse: 50, withJWT: 20,
		scales: []int{100, 200}, replicas: []int{1, 2}, starts: 1, overload: 100 * time.Millisecond, after: 20 * time.Millisecond,
		profile: 50 * time.Millisecond, profiles: 1,
	}
)

// bench is a run.
type bench struct {
	plan     plan
	only     []string
	folder   string // for what is gone afterwards
	program  string // the server
	mailbox  *mailbox
	postgres *pgtest.Server // nil: not on this machine
	started  []*process
	words    io.Writer // about the progress
	result   *Result

	looksInto bool  // what missed its target
	unseen    error // why not, which keeps no result back
	scenes    map[string]scene
}

// wanted reports whether a part is to be measured.
func (b *bench) wanted(part string) bool { return len(b.only) == 0 || slices.Contains(b.only, part) }

// say tells how far it is.
func (b *bench) say(format string, values ...any) {
	_, _ = fmt.Fprintf(b.words, format+"\n", values...)
}

func measureAll(ctx context.Context, args []string, out io.Writer) error {
	b := &bench{plan: full, words: os.Stderr}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	small := flags.Bool("quick", false, "measure so little that it takes seconds: to see that it works, not how fast anything is")
	outFolder := flags.String("out", "", "folder for results.json, the chart and the profiles")
	flags.StringVar(&b.program, "program", "", "measure this program, instead of one that is built for it")
	publish := flags.String("publish", "", "the same, and the table is written into the document of that name (docs/performance and docs/performance.md)")
	flags.BoolVar(&b.looksInto, "profile", false, "look once more, with a profile, into what missed its target")
	flags.Func("only", "measure only this operation or part: scale, replicas, footprint, overload (may be given several times)", func(part string) error {
		b.only = append(b.only, part)
		return nil
	})
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *small {
		b.plan = quick
	}
	b.looksInto = b.looksInto || *publish != ""
	if err := b.run(ctx); err != nil {
		return err
	}
	if err := b.result.writeTable(out); err != nil {
		return err
	}
	if *outFolder == "" && *publish == "" {
		return errors.Join(b.result.writeProfiles(out), b.unseen)
	}
	for _, folder := range []string{*outFolder, *publish} {
		if folder == "" {
			continue
		}
		if err := b.result.save(folder); err != nil {
			return err
		}
	}
	if *publish != "" {
		return errors.Join(b.result.publish(*publish+".md"), b.unseen)
	}
	return b.unseen
}

// run sets up what is measured, measures it, and takes everything down.
func (b *bench) run(ctx context.Context) (err error) {
	begun := time.Now()
	if b.folder, err = os.MkdirTemp("", "latchkey-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.folder)) }()
	if b.program == "" {
		b.say("building the server")
		if b.program, err = build(ctx, b.folder, ""); err != nil {
			return err
		}
	}
	if b.mailbox, err = newMailbox(ctx); err != nil {
		return err
	}
	defer b.mailbox.close()
	// As durable as a server is as it comes: what was answered survives a power cut.
	b.postgres, err = pgtest.Start("-c fsync=on", "-c synchronous_commit=on", "-c full_page_writes=on", "-c shared_buffers=256MB", "-c max_wal_size=4GB", "-c max_connections=500")
	if err != nil {
		b.say("no Postgres here, so only SQLite is measured: %v", err)
		b.postgres = nil
	} else {
		defer func() { err = errors.Join(err, b.postgres.Stop()) }()
	}
	defer func() { err = errors.Join(err, b.stopAll(0)) }()

	b.result = newResult(begun)
	b.result.Quick = b.plan.rounds == quick.rounds
	for _, part := range []func(context.Context) error{b.operations, b.footprint, b.overload, b.scale, b.replicas} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	b.result.judge()
	b.unseen = b.profiles(ctx)
	b.result.Took = time.Since(begun).Round(time.Second).String()
	return nil
}

// stopAll stops what was started after the first n.
func (b *bench) stopAll(n int) (err error) {
	for _, p := range b.started[n:] {
		err = errors.Join(err, p.stop())
	}
	b.started = b.started[:n]
	return err
}

// The databases, as they are called.
const (
	sqlite   = "SQLite"
	postgres = "Postgres"
)

// databases are those that are measured.
func (b *bench) databases() []string {
	if b.postgres == nil {
		return []string{sqlite}
	}
	return []string{sqlite, postgres}
}

// newDatabase returns the URL of a new, empty database.
func (b *bench) newDatabase(kind string) (string, error) {
	if kind == postgres {
		return b.postgres.CreateDatabase()
	}
	folder, err := os.MkdirTemp(b.folder, "data-")
	return "sqlite:" + filepath.Join(folder, "latchkey.db"), err
}
