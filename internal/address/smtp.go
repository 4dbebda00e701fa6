package address

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Encryption says how the connection to a mail server gets its TLS.
type Encryption int

// The ways to encrypt a connection, of which the zero value is the one that a careless caller should have.
const (
	EncryptionRequired      Encryption = iota // STARTTLS, or no mail
	EncryptionImplicit                        // TLS from the first byte (RFC 8314)
	EncryptionOpportunistic                   // STARTTLS if it is offered: on loopback
	EncryptionOff
)

// SMTPServer is the server that takes the mail, as an SMTP URL names it.
type SMTPServer struct {
	Host       string
	Port       string // 1 to 65535, also if the URL has none
	Encryption Encryption
	Loopback   bool        // the host is this machine: user and password may go over a connection without TLS
	User       string      // empty, as Password then is: do not log in
	Password   secret.Text // decoded
}

// Address returns the host and the port.
func (s *SMTPServer) Address() string { return net.JoinHostPort(s.Host, s.Port) }

// smtpPorts are the ports of submission, RFC 8314.
var smtpPorts = map[string]string{"smtp": "587", "smtps": "465"}

// ParseSMTPURL reads an SMTP URL.
//
// smtp://user:password@host:587 demands STARTTLS; smtps://…:465 is TLS from the first byte. These are the ports
// if none is given. On loopback smtp:// uses STARTTLS if it is offered. ?tls=off never uses TLS, and
// then there is a password on loopback only. User and password are percent-encoded.
//
// Its error is for the operator, follows the name of the setting, and quotes nothing of the URL.
func ParseSMTPURL(value secret.Text) (*SMTPServer, error) {
	u, err := ParseSecretURL(value.Reveal())
	if err != nil {
		return nil, err
	}
	password, _ := u.User.Password()
	s := &SMTPServer{
		Host: u.Hostname(), Port: cmp.Or(u.Port(), smtpPorts[u.Scheme]), Loopback: IsLoopback(u.Hostname()),
		User: u.User.Username(), Password: secret.Text(password),
	}
	switch off := u.RawQuery == "tls=off"; {
	case off:
		s.Encryption = EncryptionOff
	case u.Scheme == "smtps":
		s.Encryption = EncryptionImplicit
	case s.Loopback:
		s.Encryption = EncryptionOpportunistic
	}
	if err := s.check(u); err != nil {
		return nil, err
	}
	return s, nil
}

// check returns what is wrong with the server of a URL.
func (s *SMTPServer) check(u *url.URL) error {
	port, err := strconv.ParseUint(s.Port, 10, 16)
	switch off := s.Encryption == EncryptionOff; {
	case smtpPorts[u.Scheme] == "":
		return errors.New("must begin with smtp:// or smtps://")
	case s.Host == "":
		return errors.New("names no host")
	case err != nil || port == 0:
		return errors.New("must have a port from 1 to 65535")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return errors.New("must end with the host and the port, but for ?tls=off")
	case (s.User == "") != (s.Password == ""):
		return errors.New("must have a user and a password, or neither")
	case u.RawQuery != "" && !off:
		return errors.New("has a query that is not understood: only ?tls=off is")
	case off && u.Scheme == "smtps":
		return errors.New("says both smtps and ?tls=off, which contradict each other")
	case off && s.Password != "" && !s.Loopback:
		return errors.New("has a password that ?tls=off would send over the net for everybody to read")
	}
	return nil
}
