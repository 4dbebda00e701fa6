package cli

import (
	"bytes"
	"net"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func resolved(t *testing.T, s config.Settings) *config.Config {
	t.Helper()
	cfg, err := s.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

var loopbackAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}

// greeting returns what greet writes to a face.
func greeting(t *testing.T, s config.Settings, addr net.Addr, f terminal) string {
	t.Helper()
	var b bytes.Buffer
	f.w = &b
	cfg, inbox := resolved(t, s), ""
	if cfg.Mode == config.Development {
		inbox = "http://localhost:8080/dev/mail?key=k"
	}
	greet(f, cfg, addr, inbox, "dev")
	return b.String()
}

func TestGreeting(t *testing.T) {
	plain := terminal{interactive: true}
	wantIn := func(t *testing.T, text string, wanted ...string) {
		t.Helper()
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in\n%s", want, text)
			}
		}
	}

	t.Run("has the addresses below each other, and the dangers of development", func(t *testing.T) {
		got := greeting(t, config.Settings{}, loopbackAddr, plain)
		wantIn(t, got,
			"\n  Playground  http://localhost:8080/playground\n",
			"\n  Inbox       http://localhost:8080/dev/mail?key=k\n",
			"\n  GraphQL     http://localhost:8080/graphql\n",
			"\n  Database    SQLite, data/latchkey.db\n", "log in as anybody", "schema is open", "LATCHKEY_ENV=production")
		if strings.Contains(got, "\x1b") || strings.Contains(got, "Others in the network") {
			t.Errorf("%q", got)
		}
	})
	t.Run("says when others reach it", func(t *testing.T) {
		got := greeting(t, config.Settings{Env: "development", Addr: ":8080"}, &net.TCPAddr{IP: net.IPv6unspecified, Port: 8080}, plain)
		wantIn(t, got, "Others in the network")
	})
	t.Run("names what is on only", func(t *testing.T) {
		got := greeting(t, config.Settings{Introspection: "false"}, loopbackAddr, plain)
		if strings.Contains(got, "/playground") || strings.Contains(got, "schema is open") {
			t.Error(got)
		}
	})
	t.Run("is without inbox and dangers in production", func(t *testing.T) {
		got := greeting(t, config.Settings{
			Env: "production", PublicURL: "https://auth.example.com", SecretKey: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
			SMTPURL: "smtp://mailer:hush@mail.example.com:587", MailFrom: "hello@example.com",
		}, loopbackAddr, plain)
		wantIn(t, got, "production", "by SMTP, mail.example.com:587")
		for _, bad := range []string{"/dev/mail", "anybody", "hush", "playground"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q is in\n%s", bad, got)
			}
		}
	})
	t.Run("is in colors where there are any", func(t *testing.T) {
		got := greeting(t, config.Settings{}, loopbackAddr, terminal{interactive: true, colors: true})
		wantIn(t, got, "\x1b[36mhttp://localhost:8080/graphql\x1b[0m")
	})
	t.Run("is for terminals only, but for the key of the inbox", func(t *testing.T) {
		if got := greeting(t, config.Settings{}, loopbackAddr, terminal{}); got != "Inbox: http://localhost:8080/dev/mail?key=k\n" {
			t.Errorf("%q", got)
		}
	})
}

func TestWhatIsNoTerminalHasNoColours(t *testing.T) {
	if f := newTerminal(&bytes.Buffer{}, func(string) string { return "" }); f.interactive || f.colors {
		t.Errorf("got %+v, want no terminal and no colors", f)
	}
}

func TestProgress(t *testing.T) {
	t.Run("replaces what it said, and goes away", func(t *testing.T) {
		var b bytes.Buffer
		p := progress{terminal: terminal{w: &b, interactive: true}}
		p.show("one")
		p.show("two")
		p.clear()
		p.clear()
		if got := b.String(); got != "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K" {
			t.Errorf("%q", got)
		}
	})
	t.Run("never fills the line", func(t *testing.T) {
		var b bytes.Buffer
		p := progress{terminal: terminal{w: &b, interactive: true}}
		p.show(strings.Repeat("ä", 300))
		if n := strings.Count(b.String(), "ä"); n > 79 {
			t.Errorf("%d letters", n)
		}
	})
	t.Run("says nothing where nobody looks", func(t *testing.T) {
		var b bytes.Buffer
		p := progress{terminal: terminal{w: &b}}
		p.show("one")
		p.clear()
		if b.Len() > 0 {
			t.Errorf("got %q, want nothing written", b.String())
		}
	})
}
