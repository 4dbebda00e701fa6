package config

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Print writes every setting in force, one line each: its variable, its value and where that comes
// from (flag, environment or default). Of a secret only whether it is set is told, of a URL
// everything but its password. What has a fault is marked, so that it prints whatever is wrong;
// Resolve says what.
func (s Settings) Print(w io.Writer, getenv func(string) string) error {
	r := resolve(s)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)

	for _, st := range settings {
		value, source := st.shown(&r.given), st.source(&s, getenv)
		switch {
		case r.faulty(st.variable) && value == "" && source == "default":
			value, source = "[not set]", "missing"
		case r.faulty(st.variable):
			// Where a secret URL is faulty, nobody knows which part of it is the password.
			if st.secret {
				value = hidden
			}
			source += ", faulty"
		case source == "default" || value == "":
			value = r.config.inForce(st.variable)
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", st.variable, oneLine(value), source); err != nil {
			return err
		}
	}
	return table.Flush()
}

// source tells where a setting comes from.
func (st setting) source(s *Settings, getenv func(string) string) string {
	switch value := st.of(s); value {
	case "":
		return "default"
	case getenv(st.variable):
		return "environment"
	default:
		return "flag"
	}
}

// oneLine returns the value on one line: as it is, or quoted if a terminal could take it amiss.
func oneLine(value string) string {
	if quoted := strconv.Quote(value); quoted != `"`+value+`"` && !strings.ContainsAny(value, `"\`) {
		return quoted
	}
	return value
}

// inForce returns, as it may be shown, what holds for a setting that was not given.
func (c *Config) inForce(variable string) string {
	switch variable {
	case "LATCHKEY_ENV":
		return string(c.Mode)
	case "LATCHKEY_PUBLIC_URL":
		return c.PublicURL.String()
	case "LATCHKEY_ADDR":
		return c.Addr
	case "PORT":
		_, port, _ := net.SplitHostPort(c.Addr) // addr has checked it
		return port
	case "LATCHKEY_SECRET_KEY":
		return "[made and kept in the data folder]"
	case "DATABASE_URL":
		return "[not set: SQLite in the data folder]"
	case "LATCHKEY_SMTP_URL":
		return "[not set: mail goes to the console]"
	case "LATCHKEY_MAIL_FROM":
		return c.MailFrom
	case "LATCHKEY_MAIL_DIR":
		return or(c.MailDir, "[not set]")
	case "LATCHKEY_CONFIRM_URL":
		return c.ConfirmURL
	case "LATCHKEY_RESET_URL":
		return c.ResetURL
	case "LATCHKEY_EMAIL_CHANGE_URL":
		return c.EmailChangeURL
	case "LATCHKEY_UNDO_EMAIL_CHANGE_URL":
		return c.UndoEmailChangeURL
	case "LATCHKEY_INTROSPECTION":
		return strconv.FormatBool(c.Introspection)
	case "LATCHKEY_RATE_LIMITS":
		return c.RateLimits.String()
	case "LATCHKEY_PLAYGROUND":
		return strconv.FormatBool(c.Playground)
	case "LATCHKEY_JWT_AUDIENCE":
		return strings.Join(c.JWTAudience, ",")
	case "LATCHKEY_TLS_CERT", "LATCHKEY_TLS_KEY", "LATCHKEY_TRUSTED_PROXIES":
		return "[not set]"
	case "LATCHKEY_ALLOWED_ORIGINS":
		if c.LocalhostOrigins {
			return "[not set: every origin on localhost]"
		}
		return "[not set: none but the server's own]"
	case "LATCHKEY_MAIL_SUBJECT_PREFIX", "LATCHKEY_MAIL_TEMPLATES", "LATCHKEY_PROFILE_SCHEMA", "LATCHKEY_JWT_CLAIMS":
		return "[not set]"
	}
	// What is left does not depend on anything else.
	return named(variable).unset
}
