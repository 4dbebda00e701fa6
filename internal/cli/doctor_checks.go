package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/store"
)

const (
	renewBefore = 14 * 24 * time.Hour // a certificate that runs out sooner is told
	clockWarns  = 2 * time.Second     // how far the clocks of replicas may be apart
	clockFails  = 10 * time.Second    // what leases and windows of time do not survive
)

// checkPolicy reads the files that settings name, and looks for what production is seldom meant to be.
func checkPolicy(_ context.Context, cfg *config.Config) []finding {
	var findings []finding
	if _, err := app.NewPolicy(cfg); err != nil {
		findings = append(findings, finding{failure, "Settings", err.Error(), "The server does not start with it."})
	}
	if _, err := app.NewRenderer(cfg); err != nil {
		findings = append(findings, finding{failure, "Mail", err.Error(), "The server does not start with it."})
	}
	if cfg.Mode != config.Production {
		return findings
	}
	if cfg.TLSCert == "" && len(cfg.TrustedProxies) == 0 {
		findings = append(findings, finding{
			warning, "Proxy", "no proxy is trusted and no TLS is spoken here: limits and logs see the proxy's address only",
			"Name the proxy in LATCHKEY_TRUSTED_PROXIES.",
		})
	}
	if cfg.RequireSecondFactor == "nobody" {
		findings = append(findings, finding{
			warning, "Second factor", "nobody must have one: the password of an administrator is enough",
			"Unless that is meant, leave LATCHKEY_REQUIRE_SECOND_FACTOR out: then STAFF and ADMIN need one.",
		})
	}
	if cfg.Playground {
		findings = append(findings, finding{warning, "Playground", "it is open to everybody, and so is the schema", "Unless that is meant, leave LATCHKEY_PLAYGROUND out."})
	}
	return findings
}

// checkKey looks for the secret key, and makes none.
func checkKey(_ context.Context, cfg *config.Config) []finding {
	file, found, err := cfg.FindKey()
	const what = "Secret key"
	switch {
	case err != nil:
		return []finding{{failure, what, err.Error(), "Restore the file from a copy: what was encrypted under the key is lost without it."}}
	case !found:
		return []finding{{fine, what, "there is none yet: one is made in " + file + " at the first start", ""}}
	case file == "":
		return []finding{{fine, what, "it is set", ""}}
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
		return []finding{{warning, what, "others on this machine may read " + file, "Take that from them: chmod 600 " + file}}
	}
	return []finding{{fine, what, "it is in " + file, ""}}
}

// checkCertificate reads the certificate that the server itself speaks https with.
func checkCertificate(_ context.Context, cfg *config.Config) []finding {
	const what = "Certificate"
	certificate, err := app.NewCertificate(cfg, slog.New(slog.DiscardHandler))
	if certificate == nil && err == nil {
		return nil
	}
	if err != nil {
		return []finding{{failure, what, err.Error(), "Give a certificate in PEM and the key that belongs to it."}}
	}
	return []finding{aboutCertificate(certificate, cfg.PublicURL.Hostname(), time.Now())}
}

func aboutCertificate(certificate *httpd.Certificate, host string, now time.Time) finding {
	const what = "Certificate"
	notAfter, err := certificate.Check(host)
	switch {
	case err != nil:
		return finding{failure, what, err.Error(), "Get one for " + host + " and put it into the same files."}
	case notAfter.Sub(now) < renewBefore:
		return finding{warning, what, "it runs out on " + notAfter.UTC().Format(time.DateOnly), "Renew it: the server reads the files again by itself."}
	}
	return finding{fine, what, "it is for " + host + " until " + notAfter.UTC().Format(time.DateOnly), ""}
}

// checkDatabase looks whether the database answers, whether it is up to date, and at its clock.
func checkDatabase(ctx context.Context, cfg *config.Config) []finding {
	const what = "Database"
	if cfg.DatabaseURL == "" {
		switch _, err := os.Stat(app.SQLitePath(cfg)); {
		case errors.Is(err, fs.ErrNotExist): // which opening it would make
			return []finding{{fine, what, app.DescribeDatabase(cfg) + ": it is made at the first start", ""}}
		case err != nil:
			return []finding{{failure, what, err.Error(), "Look at LATCHKEY_DATA_DIR, and at who may read it."}}
		}
	}
	db, err := app.OpenDatabase(ctx, cfg)
	if err != nil {
		return []finding{{failure, what, err.Error(), "Look whether it runs, whether this machine reaches it, and at DATABASE_URL."}}
	}
	defer func() { _ = db.Close() }()
	findings := []finding{{fine, what, app.DescribeDatabase(cfg) + " answers", ""}}
	if late := db.SetLate(); len(late) > 0 {
		names := strings.Join(late, ", ")
		findings = append(findings, finding{
			warning, "Pooler", "it refuses the parameters " + names + ": they are set by a statement, and in transaction mode do not hold on every connection",
			"To have them everywhere, set them on the database by ALTER ROLE … SET; Latchkey needs no ignore_startup_parameters.",
		})
	}
	schema := aboutSchema(ctx, cfg, db)
	findings = append(findings, schema, aboutClock(ctx, db))
	if schema.verdict == fine {
		findings = append(findings, aboutEmailKeys(ctx, db)...)
	}
	if schema.verdict == fine { // else it is known that it is not ready
		err := db.Ready(ctx)
		if err == nil {
			err = db.Commits(ctx, time.Now())
		}
		if err != nil {
			findings = append(findings, finding{failure, what, err.Error(), "Look whether this is the primary, at what its user may do, and whether its disk is full."})
		}
	}
	return findings
}

func aboutSchema(ctx context.Context, cfg *config.Config, db *store.DB) finding {
	const what = "Migrations"
	pending, err := db.Pending(ctx)
	switch {
	case err != nil:
		return finding{failure, what, err.Error(), "Look whether the user of the database may read its tables."}
	case len(pending) == 0:
		return finding{fine, what, "all are applied", ""}
	case cfg.Migrate:
		if err := db.CanMigrate(ctx); err != nil {
			return finding{failure, what, err.Error(), "The server does not start with it."}
		}
		return finding{warning, what, "pending: " + strings.Join(pending, ", "), "They are applied when the server starts, or now by latchkey migrate."}
	}
	return finding{failure, what, "pending: " + strings.Join(pending, ", "), "LATCHKEY_MIGRATE=false leaves them to you: run latchkey migrate."}
}

// aboutEmailKeys tells of addresses whose keys an earlier release made. Usually there are none.
func aboutEmailKeys(ctx context.Context, db *store.DB) []finding {
	const what = "Addresses"
	found, err := db.FormerEmailKeys(ctx)
	if err != nil {
		return []finding{{failure, what, err.Error(), "Look whether the user of the database may read its tables."}}
	}
	var findings []finding
	collide := 0
	for _, former := range found {
		if former.Taken {
			collide++
		}
	}
	if n := len(found) - collide; n > 0 {
		findings = append(findings, finding{
			warning, what, fmt.Sprintf("%d have keys of an earlier release: they work only with the capitals that they are written with", n),
			"Once no replica of the release before runs, renew them by latchkey migrate --email-keys.",
		})
	}
	if collide > 0 {
		findings = append(findings, finding{
			warning, what, fmt.Sprintf("%d are the same as those of other accounts, but for capitals or the normal form of Unicode", collide),
			"latchkey migrate lists them. Both accounts work as their addresses are written. Ask their owners which one to keep, or have one change its address.",
		})
	}
	return findings
}

func aboutClock(ctx context.Context, db *store.DB) finding {
	before := time.Now()
	now, own, err := db.Clock(ctx)
	if !own {
		return finding{fine, "Clock", "this machine's: the database is a file on it", ""}
	}
	if err != nil {
		return finding{failure, "Clock", err.Error(), "Try again, and look whether the database is overloaded."}
	}
	// The answer is from some moment in between.
	return aboutDrift(now.Sub(before.Add(time.Since(before) / 2)))
}

// aboutDrift says how far the database's clock is ahead of ours.
func aboutDrift(ahead time.Duration) finding {
	const remedy = "Have both machines set their clocks by NTP."
	words := fmt.Sprintf("the database's is %v ahead of this machine's", ahead.Round(time.Millisecond))
	if ahead < 0 {
		words = fmt.Sprintf("the database's is %v behind this machine's", -ahead.Round(time.Millisecond))
	}
	switch {
	case ahead.Abs() >= clockFails:
		return finding{failure, "Clock", words, remedy}
	case ahead.Abs() >= clockWarns:
		return finding{warning, "Clock", words, remedy}
	}
	return finding{fine, "Clock", "it agrees with the database's", ""}
}

// checkMail goes as far with the mail server as one can without sending a mail.
func checkMail(ctx context.Context, cfg *config.Config) []finding {
	const what = "Mail"
	if cfg.SMTP == nil {
		return []finding{{fine, what, app.DescribeMail(cfg), ""}}
	}
	address := cfg.SMTP.Address()
	if err := mail.CheckSMTP(ctx, cfg.SMTP, cfg.MailFrom); err != nil {
		return []finding{{failure, what, address + ": " + err.Error(), "Look at LATCHKEY_SMTP_URL. Until it works, mails wait in the database."}}
	}
	return []finding{{fine, what, address + " answers, and takes us in", "Whether a mail arrives, latchkey mail test ADDRESS tells."}}
}
