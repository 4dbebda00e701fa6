package app

import (
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// Env is what the process gives to the program: its arguments, its environment, its streams, and what was
// built into it.
type Env struct {
	Args    []string
	Getenv  func(string) string
	Environ []string // NAME=value
	Stdin   io.Reader
	Stdout  io.Writer
	Stderr  io.Writer

	Released string // the version of a release; empty: this is none
}

// Version returns the release, or the commit that was built, or "dev".
func (e Env) Version() string {
	if e.Released != "" {
		return e.Released
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

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// NewLogger returns the log: text on a terminal, JSON elsewhere, unless the settings say otherwise.
func NewLogger(w io.Writer, cfg *config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "text" || cfg.LogFormat == "auto" && IsTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
