package config

import (
	"strconv"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// SMTP is the server that takes the mail.
type SMTP struct {
	Host     string
	Port     int         // 1 to 65535
	Username string      // empty: no authentication
	Password secret.Text // empty exactly when Username is
	TLS      TLS
}

// TLS says how a connection to the SMTP server is protected.
type TLS string

// The protections of a connection to the SMTP server.
const (
	TLSImplicit TLS = "implicit" // TLS from the first byte (smtps, RFC 8314)
	TLSStart    TLS = "starttls" // STARTTLS, and no mail without it (smtp)
	TLSOff      TLS = "off"      // none: to this machine itself, or asked for by ?tls=off
)

// smtp returns the SMTP server, or nil if there is none.
func (r *resolver) smtp() *SMTP {
	const variable = "LATCHKEY_SMTP_URL"
	const remedy = "Give it as smtp://user:password@host:587 or smtps://user:password@host:465." //nolint:gosec // an example

	if r.demand(variable, "production sends mail.", remedy) || r.given.SMTPURL == "" {
		return nil
	}

	server, problem := parseSMTP(r.given.SMTPURL.Reveal())
	if problem != "" {
		r.fault(variable, problem, remedy)
		return nil
	}
	return server
}

// parseSMTP returns the server that a URL names, or what is wrong with the URL.
func parseSMTP(value string) (server *SMTP, problem string) {
	u, problem := parseSecretURL(value)
	if problem != "" {
		return nil, problem
	}

	server = &SMTP{Host: u.Hostname(), Username: u.User.Username()}
	password, _ := u.User.Password()
	server.Password = secret.Text(password)

	switch u.Scheme {
	case "smtp":
		server.Port, server.TLS = 587, TLSStart
		// Nobody is on the line to this machine, and few certificates say localhost.
		if loopback(server.Host) {
			server.TLS = TLSOff
		}
	case "smtps":
		server.Port, server.TLS = 465, TLSImplicit
	default:
		return nil, "must begin with smtp:// or smtps://."
	}

	if port := u.Port(); port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return nil, "must have a port from 1 to 65535."
		}
		server.Port = int(n)
	}

	switch query := u.RawQuery; {
	case server.Host == "":
		return nil, "names no host."
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return nil, "must end with the host and the port, but for ?tls=off."
	case (server.Username == "") != (server.Password == ""):
		return nil, "must have a user and a password, or neither."
	case query == "tls=off" && u.Scheme == "smtp":
		server.TLS = TLSOff
	case query == "tls=off":
		return nil, "says both smtps and ?tls=off, which contradict each other."
	case query != "":
		return nil, "has a query that is not understood: only ?tls=off is."
	}
	return server, ""
}
