package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"strings"

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

// greet says that the server runs: in the log, and on a terminal in a few lines, with where to go next.
func greet(f face, logger *slog.Logger, cfg *config.Config, addr net.Addr, database string) {
	public := strings.TrimSuffix(cfg.PublicURL.String(), "/")
	logger.Info("serving", "version", version(), "mode", string(cfg.Mode), "addr", addr.String(), "public_url", public, "database", database)
	if !f.terminal {
		return
	}

	_, _ = fmt.Fprintf(f.w, "\n  %s %s\n\n", f.paint(bold, "Latchkey "+version()), modeInWords(f, cfg))
	f.table(summary(cfg, public, addr))
	if dangers := dangers(cfg, addr); len(dangers) > 0 {
		_, _ = fmt.Fprintf(f.w, "\n  %s\n", f.paint(yellow, "Development mode is for you alone:"))
		for _, danger := range dangers {
			_, _ = fmt.Fprintf(f.w, "  - %s\n", danger)
		}
	}
	_, _ = fmt.Fprintf(f.w, "\n  %s\n\n", f.paint(faint, "Ctrl-C stops. latchkey doctor looks for what is wrong, latchkey --help has the rest."))
}

func modeInWords(f face, cfg *config.Config) string {
	if cfg.Mode == config.Production {
		return f.paint(green, "production")
	}
	return f.paint(yellow, string(cfg.Mode))
}

// summary is what is running, and where.
func summary(cfg *config.Config, public string, addr net.Addr) []row {
	rows := []row{{"Front door", public + "/", cyan}}
	if cfg.Playground {
		rows = append(rows, row{"Playground", public + "/playground", cyan})
	}
	if cfg.Mode == config.Development {
		rows = append(rows, row{"Inbox", public + "/dev/mail", cyan})
	}
	rows = append(rows,
		row{"GraphQL", public + "/graphql", cyan},
		row{"Health", public + "/healthz, " + public + "/readyz", ""},
		row{"Listens on", addr.String(), ""},
		row{"Database", databaseInWords(cfg), ""},
		row{"Mail", mailInWords(cfg), ""},
	)
	if cfg.MetricsAddr != "" {
		rows = append(rows, row{"Metrics", "http://" + cfg.MetricsAddr + "/metrics", ""})
	}
	return rows
}

// dangers are what development mode does that nobody would want of a server for others.
func dangers(cfg *config.Config, addr net.Addr) []string {
	if cfg.Mode != config.Development {
		return nil
	}
	dangers := []string{"Who uses this machine can read every mail, and so log in as anybody."}
	if cfg.LocalhostOrigins {
		dangers = append(dangers, "Pages of every port on localhost may use the API.")
	}
	if cfg.Introspection {
		dangers = append(dangers, "The whole schema is open.")
	}
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		dangers = append(dangers, "Others in the network reach this server: LATCHKEY_ADDR says so.")
	}
	return append(dangers, "For others, set LATCHKEY_ENV=production.")
}

func databaseInWords(cfg *config.Config) string {
	if cfg.DatabaseURL != "" {
		return "PostgreSQL"
	}
	return "SQLite, " + sqlitePath(cfg)
}

func mailInWords(cfg *config.Config) string {
	words := "printed to the terminal: no SMTP server is set"
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
