package mail_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// flakyOutbox is a store that is away for the first few looks.
type flakyOutbox struct {
	auth.OutboxStore
	down atomic.Int32
}

func (f *flakyOutbox) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	if f.down.Add(-1) >= 0 {
		return nil, errors.New("connection refused")
	}
	return f.OutboxStore.LeaseOutbox(ctx, holder, now, until, limit)
}

const smtpPassword = "pass@word/with:odd?characters#"

func TestSMTP(t *testing.T) {
	for name, test := range map[string]struct {
		server []smtptest.Option
		named  bool // as a server that is not on this machine
		query  string
		tls    bool
		user   string
	}{
		"plainly on this machine":      {nil, false, "", false, ""},
		"with STARTTLS on loopback":    {[]smtptest.Option{smtptest.WithStartTLS()}, false, "", true, ""},
		"with STARTTLS elsewhere":      {[]smtptest.Option{smtptest.WithStartTLS()}, true, "", true, ""},
		"with STARTTLS and PLAIN":      {[]smtptest.Option{smtptest.WithStartTLS(), smtptest.WithAuth("ada", smtpPassword, "PLAIN")}, true, "", true, "ada"},
		"with STARTTLS and LOGIN":      {[]smtptest.Option{smtptest.WithStartTLS(), smtptest.WithAuth("ada", smtpPassword, "LOGIN")}, true, "", true, "ada"},
		"with STARTTLS and CRAM-MD5":   {[]smtptest.Option{smtptest.WithStartTLS(), smtptest.WithAuth("ada", smtpPassword, "CRAM-MD5")}, true, "", true, "ada"},
		"with TLS from the first byte": {[]smtptest.Option{smtptest.WithImplicitTLS(), smtptest.WithAuth("ada", smtpPassword)}, true, "", true, "ada"},
		"without TLS, if told so":      {nil, true, "?tls=off", false, ""},
	} {
		t.Run("it sends "+name, func(t *testing.T) {
			server := smtptest.New(t, test.server...)
			url := server.URL()
			if test.named {
				url = server.NamedURL()
			}
			sender, err := mail.NewSMTP(secret.Text(url+test.query), mail.WithRootCAs(server.RootCAs()), mail.WithDial(server.Dial))
			if err != nil {
				t.Fatal(err)
			}
			m := render(t, newRenderer(t, settings), letter(auth.LetterReset))
			if err := sender.Send(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			got := server.WaitFor(t, 1)
			if got.TLS != test.tls || got.User != test.user {
				t.Errorf("TLS %v, user %q", got.TLS, got.User)
			}
			if got.To != m.To || got.Subject != m.Subject || strings.TrimSpace(got.Text) != strings.TrimSpace(m.Text.Reveal()) || got.HTML == "" {
				t.Error("the mail is another one")
			}
			if got.Token() != token {
				t.Error("the link does not survive")
			}
			for header, want := range map[string]string{"Auto-Submitted": "auto-generated", "Message-Id": "<" + m.ID + ">", "User-Agent": "", "X-Mailer": ""} {
				if value := got.Header.Get(header); value != want {
					t.Errorf("%s is %q", header, value)
				}
			}
			if got.Header.Get("Date") == "" || got.Helo != "acme.test" {
				t.Errorf("date %q, helo %q", got.Header.Get("Date"), got.Helo)
			}
		})
	}
}

func TestSMTPRefusesToBeUnsafe(t *testing.T) {
	message := func(t *testing.T) *mail.Message {
		return render(t, newRenderer(t, settings), letter(auth.LetterReset))
	}
	send := func(t *testing.T, url string, options ...mail.SMTPOption) error {
		t.Helper()
		sender, err := mail.NewSMTP(secret.Text(url), options...)
		if err != nil {
			t.Fatal(err)
		}
		err = sender.Send(t.Context(), message(t))
		if err == nil {
			t.Fatal("it was sent")
		}
		for _, bad := range []string{"pass", "ada@", token, "://"} {
			if strings.Contains(err.Error(), bad) {
				t.Errorf("the error says %q", bad)
			}
		}
		return err
	}

	t.Run("a certificate of nobody it knows", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithStartTLS(), smtptest.WithAuth("ada", smtpPassword))
		if err := send(t, server.NamedURL(), mail.WithDial(server.Dial)); !strings.Contains(err.Error(), "certificate") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("a certificate for another host", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithImplicitTLS())
		url := strings.Replace(server.NamedURL(), smtptest.Host, "other.test", 1)
		if err := send(t, url, mail.WithDial(server.Dial), mail.WithRootCAs(server.RootCAs())); !strings.Contains(err.Error(), "another host") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("a server elsewhere without STARTTLS", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithAuth("ada", smtpPassword))
		if err := send(t, server.NamedURL(), mail.WithDial(server.Dial)); !strings.Contains(err.Error(), "STARTTLS") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("a password over an open line", func(t *testing.T) {
		if _, err := mail.NewSMTP("smtp://ada:secretive@mail.example.com?tls=off"); err == nil || strings.Contains(err.Error(), "secretive") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("URLs that are none, without quoting them", func(t *testing.T) {
		for _, url := range []string{
			"http://ada:secretive@mail", "smtp://ada:secret%zzive@mail", "smtp://", "mail.example.com:25", "smtp://ada:secretive@mail?tls=maybe",
			"smtp://ada@mail", "smtp://ada:secretive@mail:99999", "smtps://ada:secretive@mail?tls=off", "smtp://ada:secretive@mail/inbox",
		} {
			if _, err := mail.NewSMTP(secret.Text(url)); err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("the error is %v", err)
			}
		}
	})
	t.Run("a wrong password is not for good", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithStartTLS(), smtptest.WithAuth("ada", "the right one"))
		url := strings.Replace(server.NamedURL(), "the%20right%20one", "wrong", 1)
		if err := send(t, url, mail.WithDial(server.Dial), mail.WithRootCAs(server.RootCAs())); mail.Permanent(err) {
			t.Error("it is")
		}
	})
	t.Run("a server that falls silent is given up on", func(t *testing.T) {
		server := smtptest.New(t)
		server.Hang()
		if err := send(t, server.URL(), mail.WithTimeout(100*time.Millisecond)); mail.Permanent(err) || !strings.Contains(err.Error(), "too long") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("an answer of 5xx is for good, one of 4xx is not, and neither is quoted", func(t *testing.T) {
		server := smtptest.New(t)
		for code, permanent := range map[int]bool{550: true, 451: false} {
			server.FailNext(1, code)
			if err := send(t, server.URL()); mail.Permanent(err) != permanent {
				t.Errorf("%d: for good is %v", code, !permanent)
			}
			server.FailNextContent(1, code)
			if err := send(t, server.URL()); mail.Permanent(err) != permanent {
				t.Errorf("%d to the content: for good is %v", code, !permanent)
			}
		}
	})
}

func TestAddressesThatAreNotASCII(t *testing.T) {
	l := letter(auth.LetterReset)
	l.To.Address = "zoë@example.test"
	m := render(t, newRenderer(t, settings), l)

	for name, options := range map[string][]smtptest.Option{"takes them": {smtptest.WithSMTPUTF8()}, "does not": nil} {
		t.Run("the server "+name, func(t *testing.T) {
			server := smtptest.New(t, options...)
			sender, err := mail.NewSMTP(secret.Text(server.URL()))
			if err != nil {
				t.Fatal(err)
			}
			err = sender.Send(t.Context(), m)
			if options != nil && (err != nil || !server.WaitFor(t, 1).UTF8) {
				t.Errorf("it was not sent: %v", err)
			}
			if options == nil && (!mail.Permanent(err) || strings.Contains(err.Error(), "zoë")) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mail")
	sender, err := mail.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := newRenderer(t, settings)
	var want []string
	for _, kind := range append(slices.Clone(kinds), kinds...) {
		m := render(t, r, letter(kind))
		want = append(want, m.ID)
		if err := sender.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}

	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for i, file := range files { // by name
		raw, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		m, err := smtptest.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if m.Header.Get("Message-Id") != "<"+want[i]+">" {
			t.Errorf("file %d is out of order", i)
		}
		if m.Link() != "" && !strings.Contains(string(raw), "\n"+m.Link()+"\n") {
			t.Errorf("file %d has no line with the whole link", i)
		}
		if info, err := file.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("file %d has mode %v, %v", i, info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder has mode %v, %v", info.Mode(), err)
	}
}

func TestConsoleAndMulti(t *testing.T) {
	var screen strings.Builder
	first := &failing{}
	sender := mail.Multi(mail.NewConsole(&screen), first)
	m := render(t, newRenderer(t, settings), letter(auth.LetterReset))
	if err := sender.Send(t.Context(), m); err == nil || first.calls != 1 {
		t.Errorf("the second sender was asked %d times, %v", first.calls, err)
	}
	if text := screen.String(); !strings.Contains(text, m.To) || !strings.Contains(text, m.Subject) || !strings.Contains(text, "\nhttps://acme.test/reset?lang=en&token="+token+"\n") {
		t.Error("the console lacks something")
	}
	if err := mail.Multi(first, mail.NewConsole(&screen)).Send(t.Context(), m); err == nil || strings.Count(screen.String(), m.To) != 1 {
		t.Error("it goes on after an error")
	}
}

type failing struct{ calls int }

func (f *failing) Send(context.Context, *mail.Message) error {
	f.calls++
	return errors.New("no")
}
