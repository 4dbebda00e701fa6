package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestSettingsInFiles(t *testing.T) {
	file := func(t *testing.T, content string) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}

	t.Run("are read, without the line end", func(t *testing.T) {
		environment := map[string]string{
			"LATCHKEY_ENV": "production", "LATCHKEY_PUBLIC_URL": "https://auth.example.com", "LATCHKEY_MAIL_FROM_FILE": file(t, "hello@example.com\r\n"),
			"LATCHKEY_SMTP_URL_FILE": file(t, "smtp://mailer:hush@mail.example.com:587\n"), "LATCHKEY_SECRET_KEY_FILE": file(t, key+"\n"),
			"DATABASE_URL_FILE": file(t, "postgres://me:hush@db/latchkey\n"),
		}
		s := parse(t, environment)
		c := resolved(t, s)
		if c.DatabaseURL != "postgres://me:hush@db/latchkey" || c.SecretKey != key || c.SMTP.Host != "mail.example.com" || c.MailFrom != "<hello@example.com>" {
			t.Error("the values are not those of the files")
		}
		text := printed(t, s, func(name string) string { return environment[name] })
		wantLine(t, text, "LATCHKEY_SECRET_KEY [set] file")
		if strings.Contains(text, "hush") {
			t.Error("got a secret shown, want it hidden")
		}
		if got := config.Unknown([]string{"LATCHKEY_SMTP_URL_FILE=x", "LATCHKEY_TRUSTED_PROXIES_FILE=x"}); len(got) > 0 {
			t.Errorf("warned: %q", got)
		}
		if got := config.Unknown([]string{"LATCHKEY_NOTHING_FILE=x"}); len(got) != 1 {
			t.Errorf("not warned: %q", got)
		}
	})

	t.Run("that cannot be used are faults, without what is in them and where they are", func(t *testing.T) {
		for name, c := range map[string]struct {
			environment map[string]string
			want        string
		}{
			"both":    {map[string]string{"DATABASE_URL": "postgres://db/hush", "DATABASE_URL_FILE": file(t, "postgres://db/hush")}, "are both set"},
			"missing": {map[string]string{"DATABASE_URL_FILE": "/hush/nowhere"}, "no such file"},
			"empty":   {map[string]string{"DATABASE_URL_FILE": file(t, "\n")}, "it is empty"},
			"folder":  {map[string]string{"DATABASE_URL_FILE": t.TempDir()}, "is a directory"},
			"long":    {map[string]string{"DATABASE_URL_FILE": file(t, strings.Repeat("hush", 20_000))}, "more than 65536 bytes"},
			"lines":   {map[string]string{"DATABASE_URL_FILE": file(t, "postgres://db/hush\nsecond")}, "a line break"},
		} {
			t.Run(name, func(t *testing.T) {
				s := parse(t, c.environment)
				_, err := s.Resolve()
				if err == nil || !strings.Contains(strings.Join(strings.Fields(err.Error()), " "), c.want) || strings.Contains(err.Error(), "hush") {
					t.Errorf("got %v", err)
				}
				if text := printed(t, s, func(name string) string { return c.environment[name] }); strings.Contains(text, "hush") || strings.Contains(text, "\x00") {
					t.Errorf("shown:\n%s", text)
				}
			})
		}
	})

	t.Run("a flag wins over a file", func(t *testing.T) {
		s := parse(t, map[string]string{"LATCHKEY_PRODUCT_NAME_FILE": file(t, "File")}, "--product-name=Flag")
		if got := resolved(t, s).ProductName; got != "Flag" {
			t.Errorf("got %q", got)
		}
	})
}

func TestQuotesAroundASetting(t *testing.T) {
	s := production()
	s.DatabaseURL, s.PublicURL, s.ProductName, s.MailFrom = `"postgres://me:hush@db/latchkey"`, `'https://auth.example.com'`, `"Shop"`, `"Shop" <hello@example.com>`
	c := resolved(t, s)
	if c.DatabaseURL != "postgres://me:hush@db/latchkey" || c.PublicURL.String() != "https://auth.example.com" || c.ProductName != "Shop" || c.MailFrom != `"Shop" <hello@example.com>` {
		t.Errorf("got %q, %q, %q", c.PublicURL, c.ProductName, c.MailFrom)
	}
	s.ProductName = `"Fish" and "Chips"`
	if got := resolved(t, s).ProductName; got != s.ProductName {
		t.Errorf("got %q", got)
	}
}

func TestASenderWithACommaInItsName(t *testing.T) {
	for given, want := range map[string]string{
		"Acme, Inc. <hello@example.com>":   `"Acme, Inc." <hello@example.com>`,
		`"Acme, Inc." <hello@example.com>`: `"Acme, Inc." <hello@example.com>`,
		"Acme: Mail <hello@example.com>":   `"Acme: Mail" <hello@example.com>`,
	} {
		s := production()
		s.MailFrom = given
		if got := resolved(t, s).MailFrom; got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
	for _, bad := range []string{"a@example.com, b@example.com", "A <a@example.com>, B <b@example.com>", "Acme, Inc.", "Acme, Inc. <>", `A" <a@example.com>`} {
		s := production()
		s.MailFrom = bad
		wantFaults(t, s, "LATCHKEY_MAIL_FROM")
	}
}

func TestASocketOfPostgreSQL(t *testing.T) {
	for given, want := range map[string]string{
		"postgres://%2Fvar%2Frun%2Fpostgresql/latchkey":              "postgres:///latchkey?host=%2Fvar%2Frun%2Fpostgresql",
		"postgres://me:hu%40sh@%2fvar%2frun:5433/latchkey":           "postgres://me:hu%40sh@/latchkey?host=%2Fvar%2Frun&port=5433",
		"postgresql://me@%2Fvar%2Frun/latchkey?pool_max_conns=3&a=b": "postgresql://me@/latchkey?host=%2Fvar%2Frun&pool_max_conns=3&a=b",
		"postgres://me:%2Fhush@db/latchkey":                          "postgres://me:%2Fhush@db/latchkey",
		"postgres://db/latchkey":                                     "postgres://db/latchkey",
	} {
		s := production()
		s.DatabaseURL = secret.Text(given)
		if got := resolved(t, s).DatabaseURL.Reveal(); got != want {
			t.Errorf("%s became %s", given, got)
		}
	}
}
