package mail

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// The ports of submission, RFC 8314.
const (
	portSubmission  = 587
	portSubmissions = 465
)

// encryption says how the connection to a mail server gets its TLS.
type encryption int

const (
	encryptionRequired      encryption = iota // STARTTLS, or no mail
	encryptionImplicit                        // TLS from the first byte
	encryptionOpportunistic                   // STARTTLS if it is offered: on loopback
	encryptionOff
)

// smtpServer is what an SMTP URL says.
type smtpServer struct {
	host       string
	port       int
	encryption encryption
	loopback   bool // the host is this machine
	user       string
	password   secret.Text
}

// parseSMTPURL reads an SMTP URL. Its errors quote nothing of it but the scheme, since any part may
// turn out to be a piece of a password with a character that was not escaped.
func parseSMTPURL(raw secret.Text) (*smtpServer, error) {
	const form = "write smtp://user:password@host:587 or smtps://user:password@host:465" //nolint:gosec // not a password
	u, err := url.Parse(raw.Reveal())
	if err != nil { // not wrapped: it quotes the URL
		return nil, fmt.Errorf("it cannot be read: %s, with special characters in user and password percent-encoded", form)
	}
	if u.Hostname() == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, fmt.Errorf("it has no host, or more than a host: %s, with special characters in user and password percent-encoded", form)
	}

	s := &smtpServer{host: u.Hostname(), loopback: isLoopback(u.Hostname())}
	switch {
	case u.Scheme == "smtps":
		s.port, s.encryption = portSubmissions, encryptionImplicit
	case u.Scheme == "smtp" && s.loopback:
		s.port, s.encryption = portSubmission, encryptionOpportunistic
	case u.Scheme == "smtp":
		s.port, s.encryption = portSubmission, encryptionRequired
	default:
		return nil, fmt.Errorf("it must begin with smtp:// or smtps://: %s", form)
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return nil, errors.New("its port must be a number from 1 to 65535")
		}
	}
	if u.User != nil {
		password, _ := u.User.Password()
		s.user, s.password = u.User.Username(), secret.Text(password)
	}
	if (s.user == "") != (s.password == "") {
		return nil, errors.New("it has only one of user and password: give both, or neither")
	}
	return s, s.parseQuery(u)
}

// parseQuery reads the one parameter there is.
func (s *smtpServer) parseQuery(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil { // not wrapped: it quotes the query
		return errors.New("what is after its question mark cannot be read; ?tls=off is all that can stand there")
	}
	if len(query) == 0 {
		return nil
	}
	if len(query) > 1 || query.Get("tls") != "off" {
		return errors.New("there is something after its question mark other than tls=off, which is all that can stand there")
	}
	if s.encryption == encryptionImplicit {
		return errors.New("smtps:// and ?tls=off contradict each other")
	}
	if s.user != "" && !s.loopback {
		return errors.New("with ?tls=off the password would go over the network for everybody to read: leave out user and password, or tls=off")
	}
	s.encryption = encryptionOff
	return nil
}

// isLoopback reports whether a host names this machine and nothing else.
func isLoopback(host string) bool {
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
