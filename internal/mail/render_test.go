package mail_test

import (
	"bytes"
	"flag"
	"fmt"
	"html"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

// token is what no log, error or printed value may contain.
const token = "lk_rst_0123456789abcdefghijklmnopqrstuvwxyzABCDEF"

// today is when the mails of these tests are written.
var today = time.Date(2026, 11, 22, 3, 4, 5, 678901000, time.UTC)

var settings = mail.Settings{
	From:        "Acme <hello@acme.test>",
	ProductName: "Acme",
	Links: map[auth.Purpose]string{
		auth.PurposeConfirm:     "https://acme.test/confirm?token={token}",
		auth.PurposeReset:       "https://acme.test/reset?lang=en&token={token}",
		auth.PurposeEmailChange: "https://acme.test/email-change?token={token}",
		auth.PurposeUndo:        "https://acme.test/undo-email-change?token={token}",
		auth.PurposeInvitation:  "https://acme.test/invitation?token={token}",
	},

	Now: func() time.Time { return today },
}

func newRenderer(t *testing.T, s mail.Settings) *mail.Renderer {
	t.Helper()
	r, err := mail.NewRenderer(s)
	if err != nil {
		t.Fatalf("NewRenderer: %v", err)
	}
	return r
}

// letter returns one of the kind as the domain would write it.
func letter(kind auth.LetterKind) *auth.Letter {
	l := &auth.Letter{
		Kind: kind,
		To:   address.Email{Address: "ada@example.test", Canonical: "ada@example.test"},
		Name: "Ada Lovelace",
		At:   time.Date(2026, 11, 22, 4, 0, 0, 0, time.FixedZone("CET", 3600)),
	}
	switch kind {
	case auth.LetterConfirm:
		l.Token, l.ValidFor = token, 24*time.Hour
	case auth.LetterReset, auth.LetterAlreadyRegistered:
		l.Token, l.ValidFor = token, time.Hour
	case auth.LetterEmailChange:
		l.Token, l.ValidFor, l.Name = token, 24*time.Hour, ""
	case auth.LetterEmailChanged:
		l.Token, l.ValidFor, l.Name = token, 7*24*time.Hour, ""
		l.IPAddress, l.Device = "192.0.2.1", "Firefox on Android"
	case auth.LetterEmailTaken, auth.LetterAccountDeleted:
		l.Name = ""
	case auth.LetterPasswordChanged:
	}
	return l
}

func render(t *testing.T, r *mail.Renderer, l *auth.Letter) *mail.Message {
	t.Helper()
	m, err := r.Render(l)
	if err != nil {
		t.Fatalf("Render: %v", err)
	}
	return m
}

var kinds = []auth.LetterKind{
	auth.LetterConfirm, auth.LetterReset, auth.LetterAlreadyRegistered, auth.LetterPasswordChanged,
	auth.LetterEmailChange, auth.LetterEmailChanged, auth.LetterEmailTaken, auth.LetterAccountDeleted,
}

func TestLetters(t *testing.T) {
	t.Parallel()
	r := newRenderer(t, settings)
	link := regexp.MustCompile(`https?://[^\s"<>]+`)
	for _, kind := range kinds {
		t.Run(string(kind)+" reads as it did", func(t *testing.T) {
			m := render(t, r, letter(kind))
			got := fmt.Sprintf("Subject: %s\n\n%s", m.Subject, m.Text.Reveal())
			golden := filepath.Join("testdata", string(kind)+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("run with -update if this is meant (-want +got):\n%s", diff)
			}
		})

		t.Run(string(kind)+" says the same in both parts", func(t *testing.T) {
			m := render(t, r, letter(kind))
			page := html.UnescapeString(m.HTML.Reveal())
			words := strings.Join(strings.Fields(page), " ")
			for paragraph := range strings.SplitSeq(m.Text.Reveal(), "\n\n") {
				paragraph = strings.TrimPrefix(strings.TrimSpace(paragraph), "-- \n")
				if paragraph = strings.Join(strings.Fields(paragraph), " "); !strings.Contains(words, paragraph) {
					t.Errorf("the page lacks %q", paragraph)
				}
			}
			inText, inPage := link.FindAllString(m.Text.Reveal(), -1), link.FindAllString(page, -1)
			if letter(kind).Token == "" {
				if len(inText)+len(inPage) > 0 {
					t.Errorf("a notice has no link, but this one has %d and %d", len(inText), len(inPage))
				}
				return
			}
			if len(inText) != 1 || len(inPage) != 3 { // button, and the plain link as address and as words
				t.Fatalf("%d links in the text, %d in the page", len(inText), len(inPage))
			}
			for _, l := range inPage {
				if l != inText[0] {
					t.Error("got different links, want one and the same")
				}
			}
			if !strings.HasSuffix(inText[0], "token="+token) {
				t.Error("the link does not carry the token")
			}
		})
	}

	t.Run("a deletion that is not final says when it is", func(t *testing.T) {
		l := letter(auth.LetterAccountDeleted)
		l.Until = l.At.Add(6 * 24 * time.Hour)
		text := render(t, r, l).Text.Reveal()
		if !strings.Contains(text, "28 November 2026 at 03:00 UTC") || strings.Contains(text, "has been erased") {
			t.Errorf("it reads\n%s", text)
		}
	})

	t.Run("a page loads nothing from anywhere", func(t *testing.T) {
		for _, kind := range kinds {
			page := render(t, r, letter(kind)).HTML.Reveal()
			for _, bad := range []string{"<img", "<script", "<link", "url(", "@import", "src="} {
				if strings.Contains(page, bad) {
					t.Errorf("%s has %s", kind, bad)
				}
			}
		}
	})

	t.Run("a token is escaped into the link", func(t *testing.T) {
		l := letter(auth.LetterReset)
		l.Token = secret.Text("a b&c=d\n")
		if text := render(t, r, l).Text.Reveal(); !strings.Contains(text, "\nhttps://acme.test/reset?lang=en&token=a+b%26c%3Dd%0A\n") {
			t.Error("got no link with the escaped token, want one")
		}
	})

	t.Run("a letter with a link needs a token", func(t *testing.T) {
		l := letter(auth.LetterConfirm)
		l.Token = ""
		if _, err := r.Render(l); err == nil {
			t.Error("got no error, want one")
		}
	})

	t.Run("an unknown kind is an error", func(t *testing.T) {
		if _, err := r.Render(letter("birthday")); err == nil {
			t.Error("got no error, want one")
		}
	})
}

func TestMessage(t *testing.T) {
	t.Parallel()
	t.Run("it prints neither its bodies nor its address", func(t *testing.T) {
		m := render(t, newRenderer(t, settings), letter(auth.LetterReset))
		var b bytes.Buffer
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			fmt.Fprintf(&b, format+"\n", m)
			fmt.Fprintf(&b, format+"\n", *m)
			fmt.Fprintf(&b, format+"\n", []*mail.Message{m})
		}
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "m", m, "value", *m)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "m", m, "value", *m)
		for _, bad := range []string{token, fmt.Sprintf("%x", token[:20]), "ada@", "Lovelace"} {
			if strings.Contains(b.String(), bad) {
				t.Error("got something of the content in the log, want nothing")
			}
		}
	})

	t.Run("no two have the same id, and it names the sender's domain", func(t *testing.T) {
		r := newRenderer(t, settings)
		one, two := render(t, r, letter(auth.LetterReset)), render(t, r, letter(auth.LetterReset))
		if one.ID == two.ID || !strings.HasSuffix(one.ID, "@acme.test") {
			t.Errorf("ids %s and %s", one.ID, two.ID)
		}
	})
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	r := newRenderer(t, settings)
	for name, want := range map[string]string{
		"":                                   "Hello,",
		"Ada":                                "Hello Ada,",
		"  Zoë   Müller-Łukasz ":             "Hello Zoë Müller-Łukasz,",
		"J.R.R. Tolkien":                     "Hello J.R.R. Tolkien,",
		"李小龍":                                "Hello 李小龍,",
		"Ada\r\nBcc: eve@evil.test":          "Hello,",
		"Ada\r\nLovelace":                    "Hello Ada Lovelace,",
		"You won! Go to https://evil.test":   "Hello,",
		"Claim at evil.example":              "Hello,",
		"www.x.y":                            "Hello,",
		strings.Repeat("Buy this now, ", 10): "Hello,",
		"\u202eadA":                          "Hello adA,",
		"<b>Ada</b>":                         "Hello,",
	} {
		t.Run(fmt.Sprintf("%q is greeted with %q", name, want), func(t *testing.T) {
			l := letter(auth.LetterConfirm)
			l.Name = name
			if got, _, _ := strings.Cut(render(t, r, l).Text.Reveal(), "\n"); got != want {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestHeaderInjection(t *testing.T) {
	t.Parallel()
	const evil = "x\r\nBcc: eve@evil.test"
	for what, change := range map[string]func(*mail.Settings){
		"the sender's name":  func(s *mail.Settings) { s.From = evil + " <hello@acme.test>" },
		"the sender":         func(s *mail.Settings) { s.From = "hello@acme.test\r\nBcc: eve@evil.test" },
		"the subject prefix": func(s *mail.Settings) { s.SubjectPrefix = evil },
		"the product's name": func(s *mail.Settings) { s.ProductName = evil },
	} {
		t.Run(what+" with a line break is refused", func(t *testing.T) {
			s := settings
			s.Links = maps.Clone(s.Links)
			change(&s)
			if _, err := mail.NewRenderer(s); err == nil {
				t.Error("got no error for a line break, want one")
			}
		})
	}
	t.Run("an addressee with a line break is refused and not quoted", func(t *testing.T) {
		l := letter(auth.LetterConfirm)
		l.To.Address = "ada@example.test\r\nBcc: eve@evil.test"
		if _, err := newRenderer(t, settings).Render(l); err == nil || strings.Contains(err.Error(), "ada@") {
			t.Errorf("got the error %v", err)
		}
	})
}

func TestNewRenderer(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*mail.Settings){
		"no sender":                  func(s *mail.Settings) { s.From = "" },
		"a sender that is a name":    func(s *mail.Settings) { s.From = "Acme" },
		"two senders":                func(s *mail.Settings) { s.From = "a@acme.test, b@acme.test" },
		"a link without its token":   func(s *mail.Settings) { s.Links[auth.PurposeConfirm] = "https://acme.test/confirm" },
		"a new address without link": func(s *mail.Settings) { s.Links[auth.PurposeEmailChange] = "" },
		"a notice without link":      func(s *mail.Settings) { s.Links[auth.PurposeUndo] = "https://acme.test/" },
		"a link without its host":    func(s *mail.Settings) { s.Links[auth.PurposeReset] = "/reset?token={token}" },
		"a link that runs a program": func(s *mail.Settings) { s.Links[auth.PurposeReset] = "javascript://x/?{token}" },
		"a product without a name":   func(s *mail.Settings) { s.ProductName = " " },
	} {
		t.Run(what+" is refused", func(t *testing.T) {
			s := settings
			s.Links = maps.Clone(s.Links)
			change(&s)
			if _, err := mail.NewRenderer(s); err == nil {
				t.Error("got no error for this setting, want one")
			}
		})
	}

	t.Run("the subject has its prefix and a space", func(t *testing.T) {
		s := settings
		s.SubjectPrefix = "[Acme] "
		if got := render(t, newRenderer(t, s), letter(auth.LetterReset)).Subject; got != "[Acme] Choose a new password" {
			t.Errorf("got %q", got)
		}
	})

	t.Run("a domain that is not ASCII is written in ASCII", func(t *testing.T) {
		s := settings
		s.From = "Bücher <post@bücher.test>"
		l := letter(auth.LetterReset)
		l.To.Address = "ada@exämple.test"
		m := render(t, newRenderer(t, s), l)
		if m.To != "ada@xn--exmple-cua.test" || !strings.HasSuffix(m.ID, "@xn--bcher-kva.test") {
			t.Errorf("to %s, id %s", m.To, m.ID)
		}
	})
}

func TestValidity(t *testing.T) {
	t.Parallel()
	r := newRenderer(t, settings)
	for d, want := range map[time.Duration]string{
		time.Minute: "1 minute", 10 * time.Minute: "10 minutes", time.Hour: "1 hour", 90 * time.Minute: "90 minutes",
		24 * time.Hour: "24 hours", 48 * time.Hour: "48 hours", 7 * 24 * time.Hour: "7 days",
	} {
		t.Run(want, func(t *testing.T) {
			l := letter(auth.LetterReset)
			l.ValidFor = d
			if !strings.Contains(render(t, r, l).Text.Reveal(), "The link is valid for "+want+" and works once.") {
				t.Error("got no lifetime in these words, want one")
			}
		})
	}
}
