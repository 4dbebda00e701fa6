package config

import (
	"cmp"
	"net"
	"reflect"
	"strconv"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// field is one field of Settings, as its tags describe it.
type field struct {
	index    int    // in Settings
	variable string // LATCHKEY_SMTP_URL
	flag     string // --smtp-url
	unset    string // what holds when nothing is given, in words or as a value
	help     string
	secret   bool
	// inForce returns what holds when nothing is given, as it may be shown.
	inForce func(*Config) string
}

// fields are those of Settings in the order in which they are declared, which is that of every list.
var fields = describe()

func describe() []field {
	declared := reflect.VisibleFields(reflect.TypeFor[Settings]())
	all := make([]field, 0, len(declared))

	for i, d := range declared {
		f := field{
			index:    i,
			variable: d.Tag.Get("var"),
			flag:     "--" + d.Tag.Get("name"),
			unset:    d.Tag.Get("unset"),
			help:     d.Tag.Get("help"),
			secret:   d.Type == reflect.TypeFor[secret.Text](),
		}
		f.inForce = inForce[f.variable]
		if f.inForce == nil {
			f.inForce = func(*Config) string { return f.unset }
		}
		all = append(all, f)
	}
	return all
}

// inForce has the settings for which the tag unset does not say, as a value, what holds when nothing is
// given: it depends on other settings, or there is none.
var inForce = map[string]func(*Config) string{
	"LATCHKEY_ENV":                   func(c *Config) string { return string(c.Mode) },
	"LATCHKEY_PUBLIC_URL":            func(c *Config) string { return c.PublicURL.String() },
	"LATCHKEY_ADDR":                  func(c *Config) string { return c.Addr },
	"PORT":                           portInForce,
	"LATCHKEY_SECRET_KEY":            always("[made and kept in the data folder]"),
	"LATCHKEY_TLS_CERT":              always(notSet),
	"LATCHKEY_TLS_KEY":               always(notSet),
	"LATCHKEY_TRUSTED_PROXIES":       always(notSet),
	"LATCHKEY_ALLOWED_ORIGINS":       originsInForce,
	"LATCHKEY_ALLOWED_HOSTS":         always("[not set: none but the server's own]"),
	"DATABASE_URL":                   always("[not set: SQLite in the data folder]"),
	"LATCHKEY_SMTP_URL":              always("[not set: mail goes to the console]"),
	"LATCHKEY_MAIL_FROM":             func(c *Config) string { return c.MailFrom },
	"LATCHKEY_MAIL_SUBJECT_PREFIX":   always(notSet),
	"LATCHKEY_MAIL_DIR":              func(c *Config) string { return cmp.Or(c.MailDir, notSet) },
	"LATCHKEY_MAIL_TEMPLATES":        always(notSet),
	"LATCHKEY_CONFIRM_URL":           func(c *Config) string { return c.ConfirmURL },
	"LATCHKEY_RESET_URL":             func(c *Config) string { return c.ResetURL },
	"LATCHKEY_EMAIL_CHANGE_URL":      func(c *Config) string { return c.EmailChangeURL },
	"LATCHKEY_UNDO_EMAIL_CHANGE_URL": func(c *Config) string { return c.UndoEmailChangeURL },
	"LATCHKEY_INVITATION_URL":        func(c *Config) string { return c.InvitationURL },
	"LATCHKEY_PROFILE_SCHEMA":        always(notSet),
	"LATCHKEY_PROVIDERS_FILE":        always(notSet),
	"LATCHKEY_JWT_AUDIENCE":          func(c *Config) string { return strings.Join(c.JWTAudience, ",") },
	"LATCHKEY_JWT_CLAIMS":            always(notSet),
	"LATCHKEY_INTROSPECTION":         func(c *Config) string { return strconv.FormatBool(c.Introspection) },
	"LATCHKEY_RATE_LIMITS":           func(c *Config) string { return c.RateLimits.String() },
	"LATCHKEY_PLAYGROUND":            func(c *Config) string { return strconv.FormatBool(c.Playground) },
}

const notSet = "[not set]"

func always(text string) func(*Config) string { return func(*Config) string { return text } }

func portInForce(c *Config) string {
	_, port, _ := net.SplitHostPort(c.Addr) // addr has checked it
	return port
}

func originsInForce(c *Config) string {
	if c.LocalhostOrigins {
		return "[not set: every origin on localhost]"
	}
	return "[not set: none but the server's own]"
}

// get returns what was given for the setting. The text of a secret is secret still.
func (f field) get(s *Settings) string { return reflect.ValueOf(s).Elem().Field(f.index).String() }

// set replaces what was given for the setting.
func (f field) set(s *Settings, value string) {
	reflect.ValueOf(s).Elem().Field(f.index).SetString(value)
}

// shown returns what was given as it may be shown: nothing of a secret but that it is set, nothing
// of a URL's password.
func (f field) shown(s *Settings) string {
	switch value := f.get(s); {
	case value == "":
		return ""
	case f.secret:
		return maskSecret(value)
	default:
		return mask(value)
	}
}

// fieldOf returns the field that a variable sets.
func fieldOf(variable string) field {
	for _, f := range fields {
		if f.variable == variable {
			return f
		}
	}
	panic("config: no setting " + variable)
}
