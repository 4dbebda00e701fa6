package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/latchkey-auth/latchkey/internal/secret"
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

// NewSMTP returns a sender that hands mails to the server of an SMTP URL, over a new connection for
// each. It does not connect yet.
//
// smtp://user:password@host:587 demands STARTTLS with a certificate that is valid for the host;
// smtps://…:465 speaks TLS from the start. These are the ports when none is given. On loopback
// smtp:// uses STARTTLS if it is offered, whatever the certificate, and does without otherwise.
// ?tls=off never uses TLS. User and password (percent-encoded) are sent only over TLS or on loopback; a URL
// that asks for anything else is an error. Errors never quote the URL.
//
// A 5xx answer to the mail itself is Permanent, and so is an address that the server cannot take
// (RFC 6531). A 4xx answer to it is a RefusedError. Everything else may get better by itself or by the operator's hand, a wrong password
// included, and is not.
func NewSMTP(rawURL secret.Text, options ...SMTPOption) (Sender, error) {
	server, err := parseSMTPURL(rawURL)
	if err != nil {
		return nil, fmt.Errorf("the URL of the mail server: %w", err)
	}
	s := &smtpSender{
		server:  server,
		dial:    (&net.Dialer{Timeout: smtpDialTimeout}).DialContext,
		timeout: smtpSendTimeout,
	}
	for _, option := range options {
		option(s)
	}
	return s, nil
}

type smtpSender struct {
	server  *smtpServer
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

// converse connects, brings the connection to the point where mails can be sent, does what there is to
// do, and says goodbye.
func (s *smtpSender) converse(ctx context.Context, from string, do func(context.Context, *smtp.Client) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var unknown []string
	for {
		err := s.converseOnce(ctx, from, unknown, do)
		mechanism, again := errors.AsType[*mechanismError](err)
		if !again {
			return err
		}
		unknown = append(unknown, mechanism.name)
	}
}

// converseOnce is converse without the mechanisms that were refused. It returns a mechanismError for another
// one: the connection cannot be used any more then.
func (s *smtpSender) converseOnce(ctx context.Context, from string, unknown []string, do func(context.Context, *smtp.Client) error) error {
	conn, err := s.dial(ctx, "tcp", net.JoinHostPort(s.server.host, strconv.Itoa(s.server.port)))
	if err != nil {
		return failed(ctx, "connecting", err)
	}
	defer func() { _ = conn.Close() }() // nothing more is expected of it
	// A goroutine that waits for an answer is woken when the time is up.
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()

	client, err := s.open(ctx, conn, domainOf(from), unknown)
	if err != nil {
		return err
	}
	if err := do(ctx, client); err != nil {
		return err
	}

	// A mail is the server's by now: whether the goodbye works makes no difference.
	if err := conn.SetDeadline(time.Now().Add(smtpQuitTimeout)); err == nil {
		_ = client.Quit()
	}
	return nil
}

// open greets the server as helo, which is the sender's domain rather than this machine's name,
// and brings the connection to the point where mails can be sent. It does not log in by a mechanism that the
// server has refused.
func (s *smtpSender) open(ctx context.Context, conn net.Conn, helo string, unknown []string) (*smtp.Client, error) {
	isTLS := s.server.encryption == encryptionImplicit
	if isTLS {
		encrypted := tls.Client(conn, s.tlsConfig())
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, failed(ctx, "starting TLS", err)
		}
		conn = encrypted
	}

	client, err := greet(ctx, conn, s.server.host, helo)
	if err != nil {
		return nil, err
	}
	offered, _ := client.Extension("STARTTLS")
	switch {
	case s.server.encryption == encryptionRequired && !offered:
		return nil, fmt.Errorf("the mail server does not offer STARTTLS, which is required: use smtps://, or ?tls=off if you trust the network")
	case s.server.encryption == encryptionRequired, s.server.encryption == encryptionOpportunistic && offered:
		if client, err = s.startTLS(ctx, conn, client, helo); err != nil {
			return nil, err
		}
		isTLS = true
	}

	if s.server.user != "" {
		if err := s.authenticate(ctx, client, isTLS, unknown); err != nil {
			return nil, err
		}
	}
	return client, nil
}

func (s *smtpSender) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.server.host,
		RootCAs:    s.roots,
		MinVersion: tls.VersionTLS12,
		// Where a plain connection to this very machine would do, any certificate does.
		InsecureSkipVerify: s.server.encryption == encryptionOpportunistic, //nolint:gosec // on loopback only
	}
}

// mechanismError says that the server offers a mechanism, and does not know it when it is used (504).
type mechanismError struct{ name string }

func (e *mechanismError) Error() string {
	return "logging in with " + e.name + ": the mail server answered 504"
}

// authenticate logs in by the first mechanism of ours that the server offers and has not refused: first those that do
// not show it the password, and CRAM-MD5, which makes it keep the password readable, last.
func (s *smtpSender) authenticate(ctx context.Context, client *smtp.Client, isTLS bool, unknown []string) error {
	if !isTLS && !s.server.loopback {
		return fmt.Errorf("the mail server wants the password over a connection that is not encrypted: it was not sent")
	}
	user, password, host := s.server.user, s.server.password.Reveal(), s.server.host
	mechanisms := []struct {
		name string
		auth smtp.Auth
	}{
		{"SCRAM-SHA-256", smtp.ScramSHA256Auth(user, password)},
		{"SCRAM-SHA-1", smtp.ScramSHA1Auth(user, password)},
		{"PLAIN", smtp.PlainAuth("", user, password, host, true)}, // true: the rule is above
		{"LOGIN", smtp.LoginAuth(user, password, host, true)},
		{"CRAM-MD5", smtp.CRAMMD5Auth(user, password)},
	}

	_, list := client.Extension("AUTH")
	offered := strings.Fields(strings.ToUpper(list))
	for _, mechanism := range mechanisms {
		if !slices.Contains(offered, mechanism.name) || slices.Contains(unknown, mechanism.name) {
			continue
		}
		err := client.Auth(mechanism.auth)
		if answer, ok := errors.AsType[*textproto.Error](err); ok && answer.Code == 504 {
			return &mechanismError{mechanism.name}
		}
		if err != nil {
			return failed(ctx, "logging in with "+mechanism.name, err)
		}
		return nil
	}
	if len(unknown) > 0 {
		return fmt.Errorf("logging in with %s: the mail server answered 504, although it offers that", strings.Join(unknown, ", "))
	}
	return fmt.Errorf("the mail server offers no way of logging in that is known here, but there are a user and a password")
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
