package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// none is an environment without variables.
func none(string) string { return "" }

// parse fills settings as the program does.
func parse(t *testing.T, environment map[string]string, args ...string) config.Settings {
	t.Helper()
	var cli struct{ config.Settings }
	parser, err := kong.New(&cli, config.From(func(name string) string { return environment[name] }))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return cli.Settings
}

// printed returns what Print writes.
func printed(t *testing.T, s config.Settings, getenv func(string) string) string {
	t.Helper()
	var b strings.Builder
	if err := s.Print(&b, getenv); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wantLine fails the test unless text has a line of these words.
func wantLine(t *testing.T, text string, words string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Join(strings.Fields(line), " ") == words {
			return
		}
	}
	t.Errorf("no line %q in:\n%s", words, text)
}

func TestPrintTellsValuesAndTheirSources(t *testing.T) {
	environment := map[string]string{
		"LATCHKEY_ENV": "production", "LATCHKEY_SECRET_KEY": key, "PORT": "99999", "LATCHKEY_MAIL_FROM": "",
		"DATABASE_URL": "postgres://me:hush@db/latchkey?sslmode=disable&password=hush",
	}
	s := parse(t, environment, "--smtp-url=smtp://key:key@mail.example.com", "--product-name=Shop")
	text := printed(t, s, func(name string) string { return environment[name] })

	wantLine(t, text, "LATCHKEY_ENV production environment")
	wantLine(t, text, "LATCHKEY_PUBLIC_URL [not set] missing")
	wantLine(t, text, "LATCHKEY_ADDR :8080 default")
	wantLine(t, text, "PORT 99999 environment, faulty")
	wantLine(t, text, "LATCHKEY_SECRET_KEY [set] environment")
	wantLine(t, text, "DATABASE_URL postgres://me:xxxxx@db/latchkey?sslmode=disable&password=xxxxx environment")
	wantLine(t, text, "LATCHKEY_SMTP_URL smtp://xxxxx:xxxxx@mail.example.com flag")
	wantLine(t, text, "LATCHKEY_MAIL_FROM [not set] missing")
	wantLine(t, text, "LATCHKEY_PRODUCT_NAME Shop flag")
	wantLine(t, text, "LATCHKEY_INTROSPECTION false default")
}

func TestPrintTellsWhatHoldsByDefault(t *testing.T) {
	text := printed(t, config.Settings{Addr: "127.0.0.1:9000"}, none)
	wantLine(t, text, "LATCHKEY_ENV development default")
	wantLine(t, text, "LATCHKEY_PUBLIC_URL http://localhost:9000 default")
	wantLine(t, text, "PORT 9000 default")
	wantLine(t, text, "LATCHKEY_MAIL_DIR data/mail default")
	wantLine(t, text, "LATCHKEY_MAIL_SUBJECT_PREFIX [not set] default")
	if strings.Count(text, "\n") != reflect.TypeFor[config.Settings]().NumField() {
		t.Errorf("not one line for each setting:\n%s", text)
	}
}

func TestNoSecretIsEverShown(t *testing.T) {
	// Each holds "hush", in places where a password ends up by design or by mistake.
	for _, value := range []string{
		"hush", "postgres://me:hush@db/x", "postgres://me:1/hush@db/x", "postgres://db/x?password=hush",
		"postgres://db/x?sslp%61ssword=hush", "postgres://me:5432#hush@db/x", "postgres://me:%zzhush@db", "mysql://me:hush@db",
		"smtp://me:hush@mail?tls=maybe", "smtp://hush:hush@mail", "smtps://me:25?hush@mail", "smtp://hush@mail", "smtp://mail?apikey=hush", "smtp:me:hush@mail", "https://me:hush@example.com",
		"host=db password=hush", "hu\x00sh hush", "smtp://me:hu sh-hush@mail",
	} {
		t.Run(fmt.Sprintf("%q", value), func(t *testing.T) {
			s := config.Settings{SecretKey: secret.Text(value), DatabaseURL: secret.Text(value), SMTPURL: secret.Text(value)}
			// A URL may be put into the wrong setting.
			if strings.Contains(value, "://") {
				s.PublicURL, s.ConfirmURL, s.Addr, s.MailFrom, s.DataDir = value, value, value, value, value
			}

			_, err := s.Resolve()
			if err == nil {
				t.Fatal("got no error, want a refusal")
			}
			for where, text := range map[string]string{
				"the faults": err.Error(), "the list": printed(t, s, none), "%+v of the faults": fmt.Sprintf("%+v", err),
			} {
				if strings.Contains(text, "hush") {
					t.Errorf("the secret is in %s", where)
				}
			}
		})
	}

	t.Run("in the list, where a secret URL is not understood", func(t *testing.T) {
		for _, value := range []secret.Text{"smtp://mail/hush", "smtp://mail?x=hush"} {
			text := printed(t, config.Settings{SMTPURL: value}, none)
			if strings.Contains(text, "hush") {
				t.Error("got a part of the secret, want none")
			}
			wantLine(t, text, "LATCHKEY_SMTP_URL [set] flag, faulty")
		}
	})

	t.Run("in the settings and what they become", func(t *testing.T) {
		s := production()
		s.DatabaseURL = "postgres://me:hush@db/x"
		text := fmt.Sprintf("%v %+v %#v %+v", s, s, s, *resolved(t, s))
		if strings.Contains(text, "hush") || strings.Contains(text, key) {
			t.Error("got a secret printed, want it hidden")
		}
	})
}

func TestTableHasEverySettingOnce(t *testing.T) {
	table := config.Table()
	for field := range reflect.TypeFor[config.Settings]().Fields() {
		row := fmt.Sprintf("| `%s` | `--%s` | ", field.Tag.Get("var"), field.Tag.Get("name"))
		if strings.Count(table, row) != 1 {
			t.Errorf("%s is not there once", field.Name)
		}
	}
	for line := range strings.Lines(table) {
		if strings.Count(line, " | ") != 3 || strings.ContainsAny(line, "<>") {
			t.Errorf("this is no row of four cells: %s", line)
		}
	}
}
