package app

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestFirstSteps(t *testing.T) {
	steps := func(s config.Settings) []string {
		cfg, err := s.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		return firstSteps(cfg)
	}

	t.Run("are those of the README where nothing is set", func(t *testing.T) {
		if n := len(steps(config.Settings{})); n != 5 {
			t.Fatalf("there are %d", n)
		}
		got := strings.Join(steps(config.Settings{}), "\n")
		here, err := filepath.Abs("data/mail")
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"localhost:8080/graphql", " " + here + ")"} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
	})
	t.Run("are for the port and the folder that are set, quoted for the shell", func(t *testing.T) {
		got := steps(config.Settings{Port: "9000", MailDir: "my mail's; rm"})
		if !strings.Contains(got[0], " localhost:9000/graphql ") || !strings.Contains(got[1], `/my mail'\''s; rm')`) {
			t.Errorf("%q", got[:2])
		}
	})
	t.Run("name https where that is spoken", func(t *testing.T) {
		got := steps(config.Settings{PublicURL: "https://localhost:8443"})
		if !strings.Contains(got[0], " https://localhost:8443/graphql ") {
			t.Errorf("%q", got[0])
		}
	})
	t.Run("are none where no mail is a file", func(t *testing.T) {
		got := steps(config.Settings{Env: "development", SMTPURL: "smtp://localhost:1025", MailFrom: "a@example.com"})
		if diff := cmp.Diff([]string(nil), got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWhatOnlyDevelopersGet is the line between development and production.
func TestWhatOnlyDevelopersGet(t *testing.T) {
	sender, development := forDevelopment(&config.Config{Mode: config.Production, MailDir: "mail"}, secret.NewKey(), nil)
	if sender != nil || development != nil {
		t.Error("production keeps mails, or shows more than its name")
	}
	for _, introspection := range []bool{true, false} {
		if got := sdl(&config.Config{Introspection: introspection}) != ""; got != introspection {
			t.Errorf("with introspection %t the schema is served: %t", introspection, got)
		}
	}
}
