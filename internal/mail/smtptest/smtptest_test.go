package smtptest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func send(ctx context.Context, server *smtptest.Server) error {
	parsed, err := address.ParseSMTPURL(secret.Text(server.URL()))
	if err != nil {
		return err
	}
	return mail.NewSMTP(parsed, mail.WithRootCAs(server.RootCAs())).Send(ctx, &mail.Message{
		ID: "1@acme.test", From: "hello@acme.test", To: "ada@example.test", Subject: "Hi", Date: time.Unix(0, 0),
		Text: "Go to\n\nhttps://acme.test/x?a=b&token=t%26t\n", HTML: "<p>Hi</p>",
	})
}

func TestServer(t *testing.T) {
	t.Run("who waits for a mail gets it when it comes", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithImplicitTLS())
		sent := make(chan error, 1)
		go func() { sent <- send(t.Context(), server) }()
		m := server.WaitFor(t, 1)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if m.Link() != "https://acme.test/x?a=b&token=t%26t" || m.Token() != "t&t" || m.HTML == "" {
			t.Errorf("link %q, token %q", m.Link(), m.Token())
		}
	})

	t.Run("who waits for one that does not come is told", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := smtptest.New(t).Wait(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a port can be taken over, and closing twice does nothing", func(t *testing.T) {
		first, err := smtptest.NewServer()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := send(t.Context(), first); err == nil {
			t.Error("got mail taken by a closed server, want a refusal")
		}
		second := smtptest.New(t, smtptest.WithAddr(first.Addr()))
		if err := send(t.Context(), first); err != nil || len(second.Messages()) != 1 {
			t.Errorf("%d mails, %v", len(second.Messages()), err)
		}
	})

	t.Run("a wrong password is refused by every mechanism", func(t *testing.T) {
		for _, mechanism := range []string{"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"} {
			server := smtptest.New(t, smtptest.WithAuth("user", "right", mechanism))
			parsed, err := address.ParseSMTPURL(secret.Text("smtp://user:wrong@" + server.Addr()))
			if err != nil {
				t.Fatal(err)
			}
			if err := mail.NewSMTP(parsed).Send(t.Context(), &mail.Message{From: "a@acme.test", To: "b@acme.test"}); err == nil {
				t.Errorf("%s lets it in", mechanism)
			}
		}
	})
}
