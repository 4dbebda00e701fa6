package mail

import (
	"context"
	"crypto/x509"
	"net"
	netmail "net/mail"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// How long a mail server may take.
const (
	smtpDialTimeout = 10 * time.Second
	smtpSendTimeout = 30 * time.Second // for all of a mail, dialling included
	smtpQuitTimeout = 2 * time.Second
)

// SMTPOption changes how a sender reaches its server. Tests need them; the program does not.
type SMTPOption func(*smtpSender)

// WithRootCAs makes the sender trust these certificate authorities instead of the system's.
func WithRootCAs(pool *x509.CertPool) SMTPOption {
	return func(s *smtpSender) { s.roots = pool }
}

// WithDial makes the sender open its connections with this function instead of the network's.
func WithDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) SMTPOption {
	return func(s *smtpSender) { s.dial = dial }
}

// WithTimeout sets how long the sending of one mail may take, 30 s by default.
func WithTimeout(timeout time.Duration) SMTPOption {
	return func(s *smtpSender) { s.timeout = timeout }
}

// NewSMTP returns a sender that hands mails to a server, over a new connection for each. It does not connect yet.
//
// A certificate has to be valid for the host, unless a connection without TLS would do. User and password are
// sent only over TLS or on loopback.
//
// A 5xx answer to the mail itself is Permanent, and so is an address that the server cannot take
// (RFC 6531). A 4xx answer to it is a RefusedError. Everything else may get better by itself or by the operator's hand, a wrong password
// included, and is not.
func NewSMTP(server *address.SMTPServer, options ...SMTPOption) Sender {
	return newSMTP(server, options)
}

func newSMTP(server *address.SMTPServer, options []SMTPOption) *smtpSender {
	s := &smtpSender{
		server:  server,
		dial:    (&net.Dialer{Timeout: smtpDialTimeout}).DialContext,
		timeout: smtpSendTimeout,
	}
	for _, option := range options {
		option(s)
	}
	return s
}

type smtpSender struct {
	server  *address.SMTPServer
	roots   *x509.CertPool // nil: the system's
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	timeout time.Duration
}

// Send speaks with go-mail's SMTP connection and not with its client: the client waits for answers
// without looking at ctx, and calls a mail failed that the server took but was slow to say goodbye to.
func (s *smtpSender) Send(ctx context.Context, m *Message) error {
	content, err := encode(m, gomail.EncodingQP)
	if err != nil {
		return err
	}
	from, err := netmail.ParseAddress(m.From)
	if err != nil {
		return &PermanentError{Reason: "the mail has no valid sender"}
	}
	return s.converse(ctx, from.Address, func(ctx context.Context, client *smtp.Client) error {
		return transfer(ctx, client, from.Address, m.To, content)
	})
}

// transfer sends the envelope and the content. When it returns nil the server has the mail.
func transfer(ctx context.Context, client *smtp.Client, from, to string, content []byte) error {
	// Said only where it is needed: a relay may have to refuse a mail that was marked without need.
	needsUTF8 := !isASCII(from) || !isASCII(to)
	if offered, _ := client.Extension("SMTPUTF8"); needsUTF8 && !offered {
		return &PermanentError{Reason: "the address has letters that are not ASCII before the @, and the mail server does not take such addresses (SMTPUTF8)"}
	}
	client.SkipSMTPUTF8(!needsUTF8)

	if err := client.Mail("<" + from + ">"); err != nil {
		return refused(ctx, "MAIL FROM", err)
	}
	if err := client.Rcpt("<" + to + ">"); err != nil {
		return refused(ctx, "RCPT TO", err)
	}
	w, err := client.Data()
	if err != nil {
		return refused(ctx, "DATA", err)
	}
	if _, err := w.Write(content); err != nil {
		return failed(ctx, "sending the content", err)
	}
	if err := w.Close(); err != nil {
		return refused(ctx, "the content", err)
	}
	return nil
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
