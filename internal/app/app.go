// Package app puts the parts of the server together, and runs them. It is the only package that knows
// them all:
//
//	     graph             httpd             mail              store
//	GraphQL ⇄ domain    HTTP, pages    outbox, senders     the database
//	       └───────────────┴────────┬───────┴─────────────────┘
//	                               auth
//
// A command that needs less takes a part: WithService is the domain on its database, OpenDatabase the
// database alone.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// App is a server that listens. Run makes it answer, and Close ends what New began.
type App struct {
	env      Env
	cfg      *config.Config
	logger   *slog.Logger
	listener net.Listener
	// adminListener is where administration is; nil: with everything else.
	adminListener net.Listener

	domain      *domain
	tuning      *tuning
	renderer    *mail.Renderer
	sender      mail.Sender
	edge        edge
	observation *observation

	db      *store.DB
	outbox  *mail.Outbox
	service *auth.Service
	server  *httpd.Server
	admin   *httpd.Server // nil: server is for administrators, too
}

// New builds a server from its settings. Whatever is wrong with them is found before a database is
// touched. When New fails, nothing stays open.
func New(ctx context.Context, settings *config.Settings, env Env) (*App, error) {
	a := &App{env: env}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return a.listen(ctx, settings) },
		a.readSettings,
		a.observe,
		a.openStore,
		a.buildService,
		a.buildServer,
		a.prepare,
	} {
		if err := step(ctx); err != nil {
			a.Close(ctx)
			return nil, err
		}
	}
	return a, nil
}

// readSettings builds all that needs no database.
func (a *App) readSettings(context.Context) error {
	var err error
	if a.domain, err = newDomain(a.cfg); err != nil {
		return err
	}
	if err := a.readProviders(); err != nil {
		return err
	}
	a.domain.policy.HashUnreadable = func(ctx context.Context, whose uuid.UUID) {
		a.logger.WarnContext(ctx, "a stored password hash cannot be compared: its password is taken for wrong until it is reset", slog.String("user", whose.String()))
	}
	a.tuning = tune(a.env.Getenv, a.domain.hasher)
	if a.renderer, a.sender, err = NewMail(a.cfg, a.env.Stdout); err != nil {
		return err
	}
	if a.edge, err = newEdge(a.cfg, a.logger); err != nil {
		return err
	}
	a.sender, a.edge.development = forDevelopment(a.cfg, a.domain.key, a.sender)
	return nil
}

// openStore opens the database, brings it up to date, and keeps sessions in memory.
func (a *App) openStore(ctx context.Context) error {
	var err error
	if a.db, err = openUpToDate(ctx, a.cfg, a.logger); err != nil {
		return err
	}
	a.observation.watch(a.domain, a.db)
	a.db.EnableSessionCache(int64(a.cfg.SessionCache)<<20, a.logger)
	return nil
}

// buildService puts the domain on the store, with an outbox for its mail.
func (a *App) buildService(context.Context) error {
	a.outbox = mail.NewOutbox(a.db, a.renderer, a.sender, a.logger, time.Now)
	a.outbox.Observe(observers[mail.Observer](a.observation)...)
	a.service = a.domain.on(a.db, a.outbox)
	return nil
}

// prepare does what the first request would otherwise wait for.
func (a *App) prepare(ctx context.Context) error {
	if err := a.service.TendKeys(ctx); err != nil {
		return err
	}
	debug.FreeOSMemory() // what starting has left behind
	if a.adminListener != nil {
		a.logger.Info("serving administration", "addr", a.adminListener.Addr().String())
	}
	a.logger.Info("serving", "version", a.env.Version(), "mode", string(a.cfg.Mode), "addr", a.Addr().String(),
		"public_url", PublicURL(a.cfg), "database", a.db.Kind())
	return nil
}

// Config is every setting in force.
func (a *App) Config() *config.Config { return a.cfg }

// InboxURL is where a developer reads mails, with the key that opens them; empty in production.
func (a *App) InboxURL() string {
	if a.edge.development == nil {
		return ""
	}
	return httpd.InboxURL(PublicURL(a.cfg), a.edge.development.InboxKey)
}

// Addr is where the server listens.
func (a *App) Addr() net.Addr { return a.listener.Addr() }

// Run answers requests, sends mail and cleans up until ctx ends, which is at SIGTERM or an interrupt; then
// it finishes what is under way and returns within 15 s.
func (a *App) Run(ctx context.Context) error {
	return runAll(ctx,
		func(ctx context.Context) error { return a.server.Serve(ctx, a.listener) },
		a.serveAdmin,
		func(ctx context.Context) error { return a.outbox.Run(ctx, a.service) },
		auth.NewCleaner(a.service, a.logger, time.After).Run,
		auth.NewCostLearner(a.service, a.logger, time.After).Run,
		a.observation.serve,
		a.tuning.run,
	)
}

// Close ends what New began, the last first. The last spans are sent even if ctx has ended.
func (a *App) Close(ctx context.Context) {
	if a.db != nil {
		_ = a.db.Close()
	}
	if a.observation != nil {
		_ = a.observation.close(ctx)
	}
	for _, listener := range []net.Listener{a.listener, a.adminListener} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}

// runAll runs the parts of the program until ctx ends or one of them fails, and then ends them all.
func runAll(ctx context.Context, parts ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, len(parts))
	for _, part := range parts {
		go func() {
			defer cancel()
			ended <- part(ctx)
		}()
	}
	var failures []error
	for range parts {
		failures = append(failures, <-ended)
	}
	return errors.Join(failures...)
}
