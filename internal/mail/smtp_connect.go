package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/latchkey-auth/latchkey/internal/address"
)

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
	conn, err := s.dial(ctx, "tcp", s.server.Address())
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
	isTLS := s.server.Encryption == address.EncryptionImplicit
	if isTLS {
		encrypted := tls.Client(conn, s.tlsConfig())
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return nil, failed(ctx, "starting TLS", err)
		}
		conn = encrypted
	}

	client, err := greet(ctx, conn, s.server.Host, helo)
	if err != nil {
		return nil, err
	}
	offered, _ := client.Extension("STARTTLS")
	switch {
	case s.server.Encryption == address.EncryptionRequired && !offered:
		return nil, fmt.Errorf("the mail server does not offer STARTTLS, which is required: use smtps://, or ?tls=off if you trust the network")
	case s.server.Encryption == address.EncryptionRequired, s.server.Encryption == address.EncryptionOpportunistic && offered:
		if client, err = s.startTLS(ctx, conn, client, helo); err != nil {
			return nil, err
		}
		isTLS = true
	}

	if s.server.User != "" {
		if err := s.authenticate(ctx, client, isTLS, unknown); err != nil {
			return nil, err
		}
	}
	return client, nil
}

func (s *smtpSender) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName: s.server.Host,
		RootCAs:    s.roots,
		MinVersion: tls.VersionTLS12,
		// Where a plain connection to this very machine would do, any certificate does.
		InsecureSkipVerify: s.server.Encryption == address.EncryptionOpportunistic, //nolint:gosec // on loopback only
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
	if !isTLS && !s.server.Loopback {
		return fmt.Errorf("the mail server wants the password over a connection that is not encrypted: it was not sent")
	}
	user, password, host := s.server.User, s.server.Password.Reveal(), s.server.Host
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
