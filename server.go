// Latchkey is a GraphQL authentication API in one binary: sign-up, login, email confirmation,
// password reset and the rest of an account, for any frontend that speaks GraphQL.
//
// This file is the only place that knows everything: it reads the settings, puts the parts
// together and runs them until it is told to stop.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

//go:generate go tool gqlgen generate

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	err := run(ctx, world{
		args:    os.Args[1:],
		getenv:  os.Getenv,
		environ: os.Environ(),
		stdin:   os.Stdin,
		stdout:  os.Stdout,
		stderr:  os.Stderr,
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "latchkey: %v\n", err)
		os.Exit(1)
	}
}

// world is what the program has of the one outside.
type world struct {
	args    []string
	getenv  func(string) string
	environ []string
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
}

// program is the command line. Every setting is a flag of every command.
type program struct {
	config.Settings

	Serve      serveCommand   `cmd:"" default:"1" help:"Serve the API. This is what happens without a command."`
	MigrateCmd migrateCommand `cmd:"" name:"migrate" help:"Bring the database up to date, and stop."`
	User       userCommands   `cmd:"" help:"Make and change accounts."`
	Client     clientCommands `cmd:"" help:"Make keys for backends that ask what a token stands for."`
	Audit      auditCommand   `cmd:"" help:"Print what was done to accounts: when, by whom, from where, and what came of it."`
	Mail       mailCommands   `cmd:"" help:"Look at the letters that are mailed, and send a test."`
	Keys       keysCommands   `cmd:"" help:"Look at the keys that sign access tokens, and rotate them."`
	Backup     backupCommand  `cmd:"" help:"Copy a SQLite database that is in use into a new file. For PostgreSQL there is pg_dump."`
	GC         gcCommand      `cmd:"" name:"gc" help:"Remove what has expired, now. A running server does this by itself."`
	Doctor     doctorCommand  `cmd:"" help:"Look at the settings, the database, the mail server, the clock and the public URL, and say what to fix."`
	ConfigCmd  configCommand  `cmd:"" name:"config" help:"Print the settings in force, secrets masked, and what is wrong with them."`
	VersionCmd versionCommand `cmd:"" name:"version" help:"Print the version."`
}

// run does what the command line says, until ctx ends.
func run(ctx context.Context, w world) error {
	var p program
	exited := false
	parser, err := kong.New(&p,
		kong.Name("latchkey"),
		kong.Description("A GraphQL authentication API in one binary. Every setting is a flag and an environment variable; flags win."),
		kong.Writers(w.stdout, w.stderr),
		kong.Exit(func(int) { exited = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 110}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&w, &p.Settings),
		config.From(w.getenv),
	)
	if err != nil {
		return fmt.Errorf("read command line: %w", err)
	}
	command, err := parser.Parse(w.args)
	if exited {
		return nil
	}
	if err != nil {
		// What was typed behind the address may be a password.
		if slices.Contains(w.args, "user") && strings.HasPrefix(err.Error(), "unexpected argument") {
			err = errors.New("there is an argument too many: a password is asked for, or read from standard input, and JSON is put in single quotes")
		}
		return fmt.Errorf("%w\nTry: latchkey --help", err)
	}
	return withUnknown(command.Run(), w.environ)
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

// How long a server that was told to stop goes on taking requests: long enough for load balancers to
// see that /readyz says no and to look elsewhere, or for those on their way to arrive.
const (
	drainInProduction  = 3 * time.Second
	drainInDevelopment = 200 * time.Millisecond
)

// serveCommand runs the server.
type serveCommand struct{}

// Run serves until ctx ends, which is at SIGTERM or an interrupt; then it finishes what is under way
// and returns within 15 s.
func (serveCommand) Run(ctx context.Context, w *world, settings *config.Settings) error {
	listener, cfg, err := listen(ctx, settings)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	logger := newLogger(w.stderr, cfg)
	for _, warning := range config.Unknown(w.environ) {
		logger.Warn(warning)
	}
	if cfg.RateLimits.Off() {
		logger.Warn("nothing is limited: anybody can guess passwords and ask for mail as often as they like. " +
			"LATCHKEY_RATE_LIMITS=off is for load tests only")
	}
	domain, err := newDomain(cfg)
	if err != nil {
		return err
	}
	room := roomForGarbage(w.getenv)
	defer runtime.KeepAlive(room)
	giveHashesTheirOwn(w.getenv)
	garbage := newHashGarbage(w.getenv, domain.hasher)
	domain.hasher.Observe(garbage.hashed)
	renderer, sender, err := newMail(cfg, w.stdout)
	if err != nil {
		return err
	}
	pages, err := newPages(cfg)
	if err != nil {
		return err
	}
	sender, development := developed(cfg, sender)
	origins, err := httpd.NewOrigins(cfg.PublicURL.String(), cfg.AllowedOrigins, cfg.LocalhostOrigins)
	if err != nil {
		return err
	}
	certificate, err := newCertificate(cfg, logger)
	if err != nil {
		return err
	}

	observed, err := observe(ctx, w, cfg, logger)
	if err != nil {
		return err
	}
	defer func() { _ = observed.close(ctx) }()

	db, err := openStore(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	observed.watch(domain, db)
	db.KeepSessions(int64(cfg.SessionCache)<<20, logger)
	outbox := mail.NewOutbox(db, renderer, sender, logger, time.Now)
	outbox.Observe(observers[mail.Observer](observed)...)
	service := domain.on(db, outbox)
	timeouts := httpd.Timeouts{Drain: drainInDevelopment}
	if cfg.Mode == config.Production {
		timeouts.Drain = drainInProduction
	}
	server, err := httpd.New(httpd.Config{
		GraphQL: graph.NewHandler(service, logger, graph.Options{
			Introspection: cfg.Introspection, Basic: cfg.BasicAuth, CheckOrigin: origins.Check,
			Cookies: httpd.NewCookies(cfg.PublicURL.Scheme == "https"), Observers: observers[graph.Observer](observed),
		}),
		Accounts:        service,
		Tokens:          service,
		JWKS:            service.PublicKeys,
		Ready:           db.Ping,
		Pages:           pages,
		PagesOff:        !cfg.Pages,
		Forms:           newForms(domain.policy),
		RedirectURLs:    cfg.RedirectURLs,
		ProductName:     cfg.ProductName,
		PublicURL:       cfg.PublicURL.String(),
		Version:         version(),
		ConfirmValidFor: auth.ConfirmLifetime,
		ResetValidFor:   auth.ResetLifetime,
		PasswordLength:  domain.policy.PasswordMinLength,
		Logger:          logger,
		Timeouts:        timeouts,
		TrustedProxies:  cfg.TrustedProxies,
		Origins:         origins,
		Certificate:     certificate,
		Observers:       observers[httpd.Observer](observed),
		AccountName:     accountName(cfg, domain.key),
		Playground:      cfg.Playground,
		Schema:          sdl(cfg),
		Development:     development,
	})
	if err != nil {
		return err
	}

	if err := service.TendKeys(ctx); err != nil {
		return err
	}
	debug.FreeOSMemory() // what starting has left behind
	greet(newFace(w.stdout, w.getenv), logger, cfg, listener.Addr(), db.Kind())
	return runAll(ctx,
		func(ctx context.Context) error { return server.Serve(ctx, listener) },
		func(ctx context.Context) error { return outbox.Run(ctx, service) },
		auth.NewCleaner(service, logger, time.After).Run,
		observed.serve,
		garbage.run,
	)
}

// listen takes the address, so that a second server on it fails before it touches anything. Where
// the system chooses the port, the settings are resolved again with the one it chose.
func listen(ctx context.Context, settings *config.Settings) (net.Listener, *config.Config, error) {
	cfg, err := settings.Resolve()
	if err != nil {
		return nil, nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Addr)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %s: %w\nAnother program may have the port: choose one with --port or PORT", cfg.Addr, err)
	}
	if _, port, err := net.SplitHostPort(cfg.Addr); err == nil && port == "0" {
		settings.Addr = listener.Addr().String()
		if cfg, err = settings.Resolve(); err != nil {
			return nil, nil, errors.Join(err, listener.Close())
		}
	}
	return listener, cfg, nil
}

// newPages reads the pages that browsers are shown, those of the operator among them.
func newPages(cfg *config.Config) (*httpd.Pages, error) {
	dir := cfg.PagesDir
	if !cfg.Pages {
		dir = ""
	}
	pages, err := httpd.LoadPages(dir)
	if err != nil {
		return nil, fmt.Errorf("LATCHKEY_PAGES_DIR, %s:\n%w", dir, err)
	}
	return pages, nil
}

// newForms is what the domain's policy means for the forms of the pages.
func newForms(policy auth.Config) httpd.Forms {
	return httpd.Forms{
		SignUpClosed: policy.Registration == auth.RegistrationClosed,
		Usernames:    policy.Usernames,
		LoginCodes:   policy.LoginCodes,
	}
}

// newCertificate reads the certificate that the settings name; nil if they name none.
func newCertificate(cfg *config.Config, logger *slog.Logger) (*httpd.Certificate, error) {
	if cfg.TLSCert == "" {
		return nil, nil //nolint:nilnil // without a certificate the server speaks http
	}
	certificate, err := httpd.LoadCertificate(cfg.TLSCert, cfg.TLSKey, logger)
	if err != nil {
		return nil, fmt.Errorf("LATCHKEY_TLS_CERT and LATCHKEY_TLS_KEY: %w", err)
	}
	return certificate, nil
}

// newMail chooses how mail leaves: by SMTP, or to the console where there is none, and into the
// folder for mail as well where there is one.
func newMail(cfg *config.Config, console io.Writer) (*mail.Renderer, mail.Sender, error) {
	renderer, err := newRenderer(cfg)
	if err != nil {
		return nil, nil, err
	}

	sender := mail.NewConsole(console)
	if cfg.SMTP != nil {
		if sender, err = mail.NewSMTP(cfg.SMTP.URL); err != nil {
			return nil, nil, err
		}
	}
	if cfg.MailDir != "" {
		folder, err := mail.NewFolder(cfg.MailDir)
		if err != nil {
			return nil, nil, err
		}
		sender = mail.Multi(folder, sender)
	}
	return renderer, sender, nil
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
