package config_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// TestSMTPURL is about the setting; package address has the tests of the URLs.
func TestSMTPURL(t *testing.T) {
	s := production()
	s.SMTPURL = "smtps://u:p@mail.example.com"
	if got, want := resolved(t, s).SMTP.Address(), "mail.example.com:465"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bad := range []secret.Text{"http://mail.example.com", "smtp://u:1/2@mail.example.com", "smtp://mail.example.com:0"} {
		s.SMTPURL = bad
		wantFaults(t, s, "LATCHKEY_SMTP_URL")
	}
}

func TestMailFrom(t *testing.T) {
	for _, bad := range []string{"nobody", "a@b, c@d", "<>", "a@", "x <a@b", "a@localhost", "A <a@mail.localhost>", "a@[127.0.0.1]"} {
		t.Run("production refuses "+bad, func(t *testing.T) {
			s := production()
			s.MailFrom = bad
			wantFaults(t, s, "LATCHKEY_MAIL_FROM")
		})
	}

	t.Run("the development sender bears the product's name", func(t *testing.T) {
		c := resolved(t, config.Settings{ProductName: `Ada's "Shop", Inc.`})
		if want := `"Ada's \"Shop\", Inc." <latchkey@localhost>`; c.MailFrom != want {
			t.Errorf("got %s, want %s", c.MailFrom, want)
		}
	})
}

func TestLinksOfAFrontend(t *testing.T) {
	t.Run("are taken as they are", func(t *testing.T) {
		s := production()
		s.ConfirmURL = "https://app.example.com/a?x=1&token={token}&y=2#/b"
		s.ResetURL = "https://app.example.com/#top"
		wantFaults(t, s, "LATCHKEY_RESET_URL")
		s.ResetURL = "https://app.example.com/?key={token}"
		s.EmailChangeURL = "https://app.example.com/email?t={token}"
		s.UndoEmailChangeURL = "https://app.example.com/undo?t={token}"
		c := resolved(t, s)
		if c.EmailChangeURL != s.EmailChangeURL || c.UndoEmailChangeURL != s.UndoEmailChangeURL {
			t.Errorf("got %s and %s", c.EmailChangeURL, c.UndoEmailChangeURL)
		}
		if c.ConfirmURL != s.ConfirmURL || c.ResetURL != s.ResetURL {
			t.Errorf("got %s and %s", c.ConfirmURL, c.ResetURL)
		}
	})

	for _, bad := range []string{
		"http://app.example.com/?token={token}", "https://localhost:3000/?token={token}", "/confirm?token={token}",
		"https://app.example.com/confirm", "https://app.example.com/confirm/{token}", "https://app.example.com/#token={token}",
		"https://app.example.com/?token=x{token}", "https://app.example.com/?{token}",
		"https://app.example.com/?={token}", "https://app.example.com/?a={token}&b={token}", "app://confirm?token={token}",
	} {
		t.Run("production refuses "+bad, func(t *testing.T) {
			s := production()
			s.ConfirmURL, s.ResetURL = bad, bad
			wantFaults(t, s, "LATCHKEY_CONFIRM_URL", "LATCHKEY_RESET_URL")
		})
	}

	t.Run("development may link to a frontend on this machine", func(t *testing.T) {
		wantFaults(t, config.Settings{ConfirmURL: "http://localhost:3000/confirm?token={token}"})
	})
}

func TestMailOnDisk(t *testing.T) {
	cases := map[string]struct {
		given config.Settings
		want  string
	}{
		"development keeps it in the data folder":     {config.Settings{DataDir: "d"}, "d/mail"},
		"development with SMTP keeps none":            {config.Settings{Env: "development", SMTPURL: "smtp://localhost"}, ""},
		"a folder that is named is used all the same": {config.Settings{Env: "development", SMTPURL: "smtp://localhost", MailDir: "m"}, "m"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := resolved(t, c.given).MailDir; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestSubjectPrefixEndsWithASpace(t *testing.T) {
	for _, given := range []string{"[Shop]", "[Shop] "} {
		if got := resolved(t, config.Settings{MailSubjectPrefix: given}).MailSubjectPrefix; got != "[Shop] " {
			t.Errorf("of %q it made %q", given, got)
		}
	}
}
