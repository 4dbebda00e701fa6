package config_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestEverySettingIsAFlagAndAVariable(t *testing.T) {
	for field := range reflect.TypeFor[config.Settings]().Fields() {
		variable, flag := field.Tag.Get("var"), "--"+field.Tag.Get("name")

		t.Run(variable, func(t *testing.T) {
			value := func(s config.Settings) string { return reflect.ValueOf(s).FieldByIndex(field.Index).String() }

			if got := value(parse(t, nil, flag+"=by flag")); got != "by flag" {
				t.Errorf("the flag gives %q", got)
			}
			environment := map[string]string{variable: "-by variable"}
			if got := value(parse(t, environment)); got != "-by variable" {
				t.Errorf("the variable gives %q", got)
			}
			if got := value(parse(t, environment, flag, "by flag")); got != "by flag" {
				t.Errorf("flag and variable give %q", got)
			}

			name := strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(variable, "_", "-")), "latchkey-")
			if "--"+name != flag {
				t.Errorf("the flag is %s", flag)
			}
			for _, tag := range []string{"help", "unset", "group", "placeholder"} {
				if field.Tag.Get(tag) == "" {
					t.Errorf("no %s", tag)
				}
			}
		})
	}
}

func TestTheProcessEnvironmentIsNotRead(t *testing.T) {
	t.Setenv("PORT", "1234")
	if s := parse(t, nil); s.Port != "" {
		t.Errorf("the port is %s", s.Port)
	}
}

func TestHelpNamesEveryFlagAndVariable(t *testing.T) {
	var (
		cli struct{ config.Settings }
		b   strings.Builder
	)
	parser, err := kong.New(&cli, kong.Name("latchkey"), config.From(none), kong.Writers(&b, &b), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"--help"}); err != nil {
		t.Fatal(err)
	}

	help := strings.Join(strings.Fields(b.String()), " ")
	for field := range reflect.TypeFor[config.Settings]().Fields() {
		for _, want := range []string{
			"--" + field.Tag.Get("name") + "=" + field.Tag.Get("placeholder"), "[$" + field.Tag.Get("var") + "]",
		} {
			if !strings.Contains(help, want) {
				t.Errorf("no %s in the help", want)
			}
		}
	}
	if !strings.Contains(help, "--help Show context-sensitive help.") {
		t.Error("flags that are no settings are shown in another way")
	}
}

func TestUnknownVariables(t *testing.T) {
	got := config.Unknown([]string{
		"LATCHKEY_SMTP_URI=smtp://me:hush@mail", "LATCHKEY_PORT=1", "LATCHKEY_DATABASE_URL=", "LATCHKEY_ZZZZZZZZ=1",
		"LATCHKEY_TEST_POSTGRES=required", "LATCHKEY_SMTP_URL=x", "PORT=1", "PROT=1", "HOME=/", "LATCHKEY_MAIL_FORM=a", "LATCHKEY_MAIL_FORM=b",
	})
	want := []string{
		"LATCHKEY_DATABASE_URL is no setting of Latchkey and is ignored: did you mean DATABASE_URL?",
		"LATCHKEY_MAIL_FORM is no setting of Latchkey and is ignored: did you mean LATCHKEY_MAIL_FROM?",
		"LATCHKEY_PORT is no setting of Latchkey and is ignored: did you mean PORT?",
		"LATCHKEY_SMTP_URI is no setting of Latchkey and is ignored: did you mean LATCHKEY_SMTP_URL?",
		"LATCHKEY_ZZZZZZZZ is no setting of Latchkey and is ignored",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
