package mail_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

func TestCheckSMTP(t *testing.T) {
	const from = "Acme <hello@acme.test>"
	check := func(t *testing.T, url string) error {
		t.Helper()
		return mail.CheckSMTP(t.Context(), server(t, url), from, mail.WithTimeout(10*time.Second))
	}

	t.Run("goes as far as the login, and sends nothing", func(t *testing.T) {
		fake := smtptest.New(t, smtptest.WithStartTLS(), smtptest.WithAuth(user, password))
		if err := check(t, fake.URL()); err != nil {
			t.Error(err)
		}
		if n := len(fake.Messages()); n != 0 {
			t.Errorf("%d mails were sent", n)
		}
	})
	t.Run("finds a password that is wrong, and does not tell it", func(t *testing.T) {
		fake := smtptest.New(t, smtptest.WithAuth(user, password))
		err := check(t, "smtp://someone:wrong-password@"+fake.Addr())
		if err == nil || !strings.Contains(err.Error(), "logging in") || strings.Contains(err.Error(), "wrong-password") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("finds that nobody listens", func(t *testing.T) {
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		if err := check(t, "smtp://"+listener.Addr().String()); err == nil || !strings.Contains(err.Error(), "connecting") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("finds a certificate that is not to be trusted", func(t *testing.T) {
		fake := smtptest.New(t, smtptest.WithImplicitTLS())
		if err := check(t, strings.Replace(fake.URL(), "smtp://", "smtps://", 1)); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("needs a sender", func(t *testing.T) {
		if err := mail.CheckSMTP(t.Context(), server(t, "smtp://localhost:1"), "nobody"); err == nil || !strings.Contains(err.Error(), "sender") {
			t.Errorf("the error is %v", err)
		}
	})
}
