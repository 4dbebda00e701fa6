package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// sqlitePath is where the database is when no other is named.
func sqlitePath(cfg *config.Config) string { return filepath.Join(cfg.DataDir, "latchkey.db") }

// newLogger returns the log: text on a terminal, JSON elsewhere, unless the settings say otherwise.
func newLogger(w io.Writer, cfg *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" || cfg.LogFormat == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// greet says that the server runs, and where to go next: in a few lines on a terminal or in
// development, and in the log.
func greet(w io.Writer, logger *slog.Logger, cfg *config.Config, addr net.Addr, database string) {
	public := strings.TrimSuffix(cfg.PublicURL.String(), "/")
	logger.Info("serving", "version", version(), "mode", string(cfg.Mode), "addr", addr.String(), "public_url", public, "database", database)
	if cfg.Mode != config.Development && !isTerminal(w) {
		return
	}

	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(table, "  %s\t%s\n", name, value) }
	_, _ = fmt.Fprintf(w, "\nLatchkey %s is running.\n\n", version())
	line("GraphQL", public+"/graphql")
	line("Health", public+"/healthz, "+public+"/readyz")
	line("Database", databaseInWords(cfg))
	line("Mail", mailInWords(cfg))
	line("Mode", string(cfg.Mode))
	_ = table.Flush()
	_, _ = fmt.Fprint(w, "\nSign up with the first line of the README, or see `latchkey --help`. Ctrl-C stops.\n\n")
}

func databaseInWords(cfg *config.Config) string {
	if cfg.DatabaseURL != "" {
		return "PostgreSQL"
	}
	return "SQLite, " + sqlitePath(cfg)
}

func mailInWords(cfg *config.Config) string {
	words := "printed here: no SMTP server is set"
	if cfg.SMTP != nil {
		words = "by SMTP, " + net.JoinHostPort(cfg.SMTP.Host, cfg.SMTP.Port)
	}
	if cfg.MailDir != "" {
		words += "; each also a file in " + cfg.MailDir
	}
	return words
}

// released is set by the linker for a release.
var released string

// version returns the release, or the commit that was built, or "dev".
func version() string {
	if released != "" {
		return released
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "dev-" + setting.Value[:min(len(setting.Value), 12)]
		}
	}
	return "dev"
}
