package config

import (
	"fmt"
	"net"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// Mode says whether a mistake meets a developer or the public.
type Mode string

// The modes.
const (
	Development Mode = "development" // nothing needs to be set, and nothing is meant for others
	Production  Mode = "production"  // nothing is assumed that an operator would not want
)

// mode returns the mode that was given, or Development while nothing points outwards. A faulty mode
// counts as Development, which demands less: what is missing is told when the mode is known.
func (r *resolver) mode() Mode {
	switch mode := Mode(strings.ToLower(r.given.Env)); mode {
	case Development, Production:
		return mode
	case "":
	default:
		r.fault("LATCHKEY_ENV", "must be development or production.",
			"Production demands an https public URL, a secret key, an SMTP URL and a sender.")
		return Development
	}

	if signs := r.outwards(); len(signs) > 0 {
		r.fault("LATCHKEY_ENV",
			fmt.Sprintf("is not set, and must be because of %s: development is assumed only while no database, "+
				"no mail server and no address that others reach is named, so that nobody puts it on the net by mistake.",
				strings.Join(signs, " and ")),
			"Give production (demands an https public URL, a secret key, an SMTP URL and a sender) "+
				"or development (for trying things out: the schema is open, mail is kept on disk without SMTP).")
	}
	return Development
}

// outwards names the settings that show that others than a developer are meant. An address to listen
// on is one if others reach it: a container sets one, and so has to be told the mode.
func (r *resolver) outwards() []string {
	var signs []string
	if r.given.DatabaseURL != "" {
		signs = append(signs, "DATABASE_URL")
	}
	if r.given.SMTPURL != "" {
		signs = append(signs, "LATCHKEY_SMTP_URL")
	}
	if host, port, err := net.SplitHostPort(r.given.Addr); err == nil && validPort(port) && !address.IsLoopback(host) {
		signs = append(signs, "LATCHKEY_ADDR")
	}
	if r.given.PublicURL != "" {
		if u, _ := parseWeb(r.given.PublicURL); u == nil || !address.IsLoopback(u.Hostname()) {
			signs = append(signs, "LATCHKEY_PUBLIC_URL")
		}
	}
	return signs
}

// demand notes a fault if production lacks the setting, and reports whether it does.
func (r *resolver) demand(variable, why, remedy string) bool {
	if r.config.Mode != Production || fieldOf(variable).get(&r.given) != "" || r.faulty(variable) {
		return false
	}
	r.fault(variable, "is not set: "+why, remedy)
	return true
}
