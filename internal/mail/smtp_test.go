package mail_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

const (
	user     = "mailer@acme.test"
	password = "p/a:s#s w%rd"
)

func newSMTP(t *testing.T, url string, options ...mail.SMTPOption) mail.Sender {
	t.Helper()
	return mail.NewSMTP(server(t, url), options...)
}

// server returns what an SMTP URL says.
func server(t *testing.T, url string) *address.SMTPServer {
	t.Helper()
	s, err := address.ParseSMTPURL(secret.Text(url))
	if err != nil {
		t.Fatalf("got the error %v for an SMTP URL, want none", err)
	}
	return s
}

// send sends a reset letter and checks that an error gives nothing away.
func send(t *testing.T, s mail.Sender, change ...func(*auth.Letter)) error {
	t.Helper()
	l := letter(auth.LetterReset)
	for _, f := range change {
		f(l)
	}
	err := s.Send(t.Context(), render(t, newRenderer(t, settings), l))
	if err != nil {
		for _, bad := range []string{token, "ada@", "acme.test/", password, user, "https:"} {
			if strings.Contains(err.Error(), bad) {
				t.Error("the error gives something away")
			}
		}
	}
	return err
}

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	login := smtptest.WithAuth(user, password)
	for name, test := range map[string]struct {
		server []smtptest.Option
		named  bool // the server is not on loopback, as far as the client knows
		tls    bool
		user   string
	}{
		"in the clear on loopback":                 {},
		"in the clear with a login on loopback":    {server: []smtptest.Option{login}, user: user},
		"by STARTTLS on loopback, any certificate": {server: []smtptest.Option{smtptest.WithStartTLS(), login}, tls: true, user: user},
		"by STARTTLS":                                {server: []smtptest.Option{smtptest.WithStartTLS()}, named: true, tls: true},
		"by STARTTLS with a login":                   {server: []smtptest.Option{smtptest.WithStartTLS(), login}, named: true, tls: true, user: user},
		"by implicit TLS":                            {server: []smtptest.Option{smtptest.WithImplicitTLS()}, named: true, tls: true},
		"by implicit TLS with a login":               {server: []smtptest.Option{smtptest.WithImplicitTLS(), login}, named: true, tls: true, user: user},
		"by implicit TLS on loopback":                {server: []smtptest.Option{smtptest.WithImplicitTLS(), login}, tls: true, user: user},
		"with LOGIN where there is nothing else":     {server: []smtptest.Option{smtptest.WithStartTLS(), smtptest.WithAuth(user, password, "LOGIN")}, named: true, tls: true, user: user},
		"with CRAM-MD5 where there is nothing else":  {server: []smtptest.Option{smtptest.WithStartTLS(), smtptest.WithAuth(user, password, "CRAM-MD5")}, named: true, tls: true, user: user},
		"with the next mechanism after a 504":        {server: []smtptest.Option{smtptest.WithImplicitTLS(), login, smtptest.WithUnknownMechanism("SCRAM-SHA-256"), smtptest.WithUnknownMechanism("SCRAM-SHA-1")}, named: true, tls: true, user: user},
		"what is offered in lower case":              {server: []smtptest.Option{smtptest.WithStartTLS(), login, smtptest.WithLowerCase()}, named: true, tls: true, user: user},
		"a login offered in lower case":              {server: []smtptest.Option{login, smtptest.WithLowerCase()}, user: user},
		"a login offered as old servers do":          {server: []smtptest.Option{login, smtptest.WithAuthEquals()}, user: user},
		"with SCRAM-SHA-256 before all others":       {server: []smtptest.Option{smtptest.WithAuth(user, password, "PLAIN", "SCRAM-SHA-256")}, user: user},
		"with LOGIN in the clear on loopback":        {server: []smtptest.Option{smtptest.WithAuth(user, password, "LOGIN")}, user: user},
		"with the best way of logging in that it is": {server: []smtptest.Option{smtptest.WithImplicitTLS(), smtptest.WithAuth(user, password, "XOAUTH2", "CRAM-MD5", "PLAIN")}, named: true, tls: true, user: user},
	} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t, test.server...)
			url, options := server.URL(), []mail.SMTPOption{}
			if test.named {
				url, options = server.NamedURL(), append(options, mail.WithDial(server.Dial))
			}
			if test.named || strings.HasPrefix(url, "smtps:") {
				options = append(options, mail.WithRootCAs(server.RootCAs()))
			}
			if err := send(t, newSMTP(t, url, options...)); err != nil {
				t.Fatal(err)
			}
			m := server.WaitFor(t, 1)
			if m.TLS != test.tls || m.User != test.user {
				t.Errorf("over TLS: %t, logged in: %t", m.TLS, m.User != "")
			}
			if m.Token() != token {
				t.Error("the token did not arrive")
			}
		})
	}
}

func TestSMTPMessage(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t)
	s := settings
	s.From, s.ProductName, s.SubjectPrefix = "Bücher & Co. <post@acme.test>", "Bücher & Co.", "[Bücher]"
	l := letter(auth.LetterConfirm)
	l.Name = "Zoë"
	sent := render(t, newRenderer(t, s), l)
	if err := newSMTP(t, server.URL()).Send(t.Context(), sent); err != nil {
		t.Fatal(err)
	}
	m := server.WaitFor(t, 1)

	t.Run("arrives as it was written", func(t *testing.T) {
		if diff := cmp.Diff(sent.Text.Reveal(), m.Text); diff != "" {
			t.Error("got another text than was sent, want the same")
		}
		if diff := cmp.Diff(sent.HTML.Reveal(), m.HTML); diff != "" {
			t.Error("got another page than was sent, want the same")
		}
		got := []string{m.From, m.To, m.Subject, m.EnvelopeFrom, strings.Join(m.EnvelopeTo, " ")}
		want := []string{"Bücher & Co. <post@acme.test>", "ada@example.test", "[Bücher] Confirm your email address", "post@acme.test", "ada@example.test"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})

	t.Run("has the headers it should have and no other", func(t *testing.T) {
		if date, err := m.Header.Date(); err != nil || !date.Equal(today.Truncate(time.Second)) {
			t.Errorf("the date is %v (%v)", date, err)
		}
		if got := m.Header.Get("Message-Id"); got != "<"+sent.ID+">" {
			t.Errorf("the id is %q", got)
		}
		if got := m.Header.Get("Auto-Submitted"); got != "auto-generated" {
			t.Errorf("Auto-Submitted: %q", got)
		}
		for name := range m.Header {
			switch name {
			case "From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "Mime-Version", "Content-Type":
			default:
				t.Errorf("there is a header %s", name)
			}
		}
	})

	t.Run("does not tell the name of this machine", func(t *testing.T) {
		if m.Helo != "acme.test" {
			t.Errorf("the client called itself %q", m.Helo)
		}
	})
}

// TestLinksAreNotSplit looks at the bytes that a mail server gets: quoted-printable would break a link into lines
// and write = as =3D, which some programs do not undo.
func TestLinksAreNotSplit(t *testing.T) {
	t.Parallel()
	for name, product := range map[string]string{"ASCII": "Acme", "another script": "Bücher"} {
		t.Run(name, func(t *testing.T) {
			server := smtptest.New(t)
			s := settings
			s.ProductName = product
			sent := render(t, newRenderer(t, s), letter(auth.LetterReset))
			if err := newSMTP(t, server.URL()).Send(t.Context(), sent); err != nil {
				t.Fatal(err)
			}
			m := server.WaitFor(t, 1)
			whole, plain := strings.Contains(string(m.Raw), m.Link()), product == "Acme"
			if m.Link() == "" || whole != plain || strings.Contains(string(m.Raw), "quoted-printable") == plain || strings.Contains(string(m.Raw), "7bit") != plain {
				t.Errorf("the mail is\n%s", m.Raw)
			}
			if m.Text != sent.Text.Reveal() || m.HTML != sent.HTML.Reveal() {
				t.Error("it does not arrive as it was written")
			}
			for line := range strings.Lines(string(m.Raw)) {
				if len(line) > 1000 {
					t.Errorf("a line has %d bytes", len(line))
				}
			}
		})
	}
}

// TestLongLinesAreEncoded looks at the longest line that a mail may have as it is, and at one byte more.
func TestLongLinesAreEncoded(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t)
	sender := newSMTP(t, server.URL())
	for i, length := range []int{998, 999} {
		sent := render(t, newRenderer(t, settings), letter(auth.LetterReset))
		sent.Text = secret.Text(strings.Repeat("x", length) + "\n" + sent.Text.Reveal())
		if err := sender.Send(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
		m := server.WaitFor(t, i+1)
		longest := 0
		for line := range strings.Lines(string(m.Raw)) {
			longest = max(longest, len(strings.TrimRight(line, "\r\n")))
		}
		if asIs := longest == 998; longest > 998 || asIs != (length == 998) {
			t.Errorf("got a longest line of %d bytes for a text with one of %d, want at most 998 and 998 as it is", longest, length)
		}
		if m.Text != sent.Text.Reveal() {
			t.Errorf("got another text than was sent with a line of %d bytes, want the same", length)
		}
	}
}

func TestSMTPRefuses(t *testing.T) {
	t.Parallel()
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		for _, option := range []smtptest.Option{smtptest.WithStartTLS(), smtptest.WithImplicitTLS()} {
			server := smtptest.New(t, option, smtptest.WithAuth(user, password))
			err := send(t, newSMTP(t, server.NamedURL(), mail.WithDial(server.Dial)))
			if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "nobody that is trusted") {
				t.Errorf("got %v", err)
			}
		}
	})

	t.Run("a certificate for another host", func(t *testing.T) {
		for _, option := range []smtptest.Option{smtptest.WithStartTLS(), smtptest.WithImplicitTLS()} {
			server := smtptest.New(t, option)
			url := strings.Replace(server.NamedURL(), smtptest.Host, "other.latchkey.test", 1)
			err := send(t, newSMTP(t, url, mail.WithDial(server.Dial), mail.WithRootCAs(server.RootCAs())))
			if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "another host") {
				t.Errorf("got %v", err)
			}
		}
	})

	t.Run("to send anything in the clear to another host", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithAuth(user, password))
		err := send(t, newSMTP(t, server.NamedURL(), mail.WithDial(server.Dial)))
		if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "does not offer STARTTLS") {
			t.Errorf("got %v", err)
		}
		if n := len(server.Messages()); n != 0 {
			t.Errorf("%d mails went", n)
		}
	})

	t.Run("to say a password to whoever answers in the clear", func(t *testing.T) {
		heard := listenIn(t)
		err := send(t, newSMTP(t, "smtp://"+"mailer:s3cret@mail.acme.test", mail.WithDial(heard.dial)))
		if err == nil || mail.Permanent(err) {
			t.Errorf("got %v", err)
		}
		for line := range heard.lines {
			if strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL") {
				t.Error("the client went on without TLS")
			}
		}
	})
}

func TestSMTPFailures(t *testing.T) {
	t.Parallel()
	t.Run("a 5xx answer is permanent and is kept as codes alone", func(t *testing.T) {
		server := smtptest.New(t)
		server.FailNext(1, 550)
		server.FailNextContent(1, 554)
		s := newSMTP(t, server.URL())
		for _, want := range []string{
			"RCPT TO: the mail server answered 550 5.1.1 (address)",
			"the content: the mail server answered 554 5.7.1 (security or policy)",
		} {
			if err := send(t, s); !mail.Permanent(err) || err.Error() != want {
				t.Errorf("got %v", err)
			}
		}
		if err := send(t, s); err != nil {
			t.Errorf("the next mail: %v", err)
		}
	})

	t.Run("a 4xx answer is not", func(t *testing.T) {
		server := smtptest.New(t)
		server.FailNext(1, 451)
		server.FailNextContent(1, 452)
		s := newSMTP(t, server.URL())
		for range 2 {
			var refused *mail.RefusedError
			if err := send(t, s); mail.Permanent(err) || !errors.As(err, &refused) || !strings.Contains(err.Error(), "answered 45") {
				t.Errorf("got %v", err)
			}
		}
	})

	t.Run("a server that goes away refuses no mail", func(t *testing.T) {
		server := smtptest.New(t)
		server.FailNext(1, 421)
		var refused *mail.RefusedError
		if err := send(t, newSMTP(t, server.URL())); err == nil || mail.Permanent(err) || errors.As(err, &refused) {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a wrong password is not, since the operator can mend it", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithStartTLS(), smtptest.WithAuth(user, password))
		url := strings.Replace(server.URL(), "w%25rd", "wrong", 1)
		if err := send(t, newSMTP(t, url)); err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "535") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a server that demands a login of somebody without one is not", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithAuth(user, password))
		if err := send(t, newSMTP(t, "smtp://"+server.Addr())); err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "530") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("nobody listening is not", func(t *testing.T) {
		server := smtptest.New(t)
		if err := server.Close(); err != nil {
			t.Fatal(err)
		}
		if err := send(t, newSMTP(t, server.URL())); err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "refused") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a server that hangs is given up on", func(t *testing.T) {
		server := smtptest.New(t)
		server.Hang()
		err := send(t, newSMTP(t, server.URL(), mail.WithTimeout(200*time.Millisecond)))
		if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "took too long") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a server that never greets is given up on", func(t *testing.T) {
		silent := listen(t)
		err := send(t, newSMTP(t, "smtp://"+silent.Addr().String(), mail.WithTimeout(200*time.Millisecond)))
		if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "took too long") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("a cancelled context ends the wait", func(t *testing.T) {
		server := smtptest.New(t)
		hang := server.Hang()
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-hang.Reached; cancel() }()
		err := newSMTP(t, server.URL()).Send(ctx, render(t, newRenderer(t, settings), letter(auth.LetterReset)))
		if err == nil || mail.Permanent(err) || !strings.Contains(err.Error(), "interrupted") {
			t.Errorf("got %v", err)
		}
	})
}

func TestSMTPUTF8(t *testing.T) {
	t.Parallel()
	umlaut := func(l *auth.Letter) { l.To.Address = "jörg@exämple.test" }

	t.Run("an address that is not ASCII goes to a server that takes it", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithSMTPUTF8())
		if err := send(t, newSMTP(t, server.URL()), umlaut); err != nil {
			t.Fatal(err)
		}
		m := server.WaitFor(t, 1)
		if m.EnvelopeTo[0] != "jörg@xn--exmple-cua.test" || m.To != m.EnvelopeTo[0] || !m.UTF8 {
			t.Errorf("to %q and %q, UTF8 %t", m.EnvelopeTo, m.To, m.UTF8)
		}
	})

	t.Run("and permanently fails with another, saying why", func(t *testing.T) {
		err := send(t, newSMTP(t, smtptest.New(t).URL()), umlaut)
		if !mail.Permanent(err) || !strings.Contains(err.Error(), "SMTPUTF8") || strings.Contains(err.Error(), "jörg") {
			t.Errorf("got %v", err)
		}
	})

	t.Run("nobody is asked for it without need", func(t *testing.T) {
		server := smtptest.New(t, smtptest.WithSMTPUTF8())
		if err := send(t, newSMTP(t, server.URL()), func(l *auth.Letter) { l.To.Address = "joerg@exämple.test" }); err != nil {
			t.Fatal(err)
		}
		if server.WaitFor(t, 1).UTF8 {
			t.Error("got SMTPUTF8, want the domain in ASCII instead")
		}
	})
}

// listen opens a port of this machine that nobody serves.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// wiretap is a server that says yes to everything, offers a login but no TLS, and keeps what it hears.
type wiretap struct {
	addr  string
	lines chan string
}

func listenIn(t *testing.T) *wiretap {
	t.Helper()
	l := listen(t)
	w := &wiretap{addr: l.Addr().String(), lines: make(chan string, 100)}
	go func() {
		defer close(w.lines)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		if err := w.serve(conn); err != nil && !errors.Is(err, net.ErrClosed) {
			w.lines <- "error: " + err.Error()
		}
	}()
	return w
}

func (w *wiretap) serve(conn net.Conn) (err error) {
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, err := fmt.Fprint(conn, "220 hello\r\n"); err != nil {
		return err
	}
	for heard := bufio.NewScanner(conn); heard.Scan(); {
		w.lines <- heard.Text()
		answer := "250 yes\r\n"
		if strings.HasPrefix(heard.Text(), "EHLO") {
			answer = "250-hello\r\n250 AUTH PLAIN LOGIN\r\n"
		}
		if _, err := fmt.Fprint(conn, answer); err != nil {
			return err
		}
	}
	return nil
}

func (w *wiretap) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, w.addr)
}
