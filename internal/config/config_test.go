package config_test

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// key is base64 of the 32 bytes from 0 to 31.
const key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// production returns settings that production accepts.
func production() config.Settings {
	return config.Settings{
		Env:       "production",
		PublicURL: "https://auth.example.com",
		SecretKey: key,
		SMTPURL:   "smtp://mailer:hush@mail.example.com:2525",
		MailFrom:  "Example <hello@example.com>",
	}
}

// resolved returns the settings in force, or fails the test.
func resolved(t *testing.T, s config.Settings) *config.Config {
	t.Helper()
	c, err := s.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// faulty returns the variables that have a fault.
func faulty(t *testing.T, s config.Settings) []string {
	t.Helper()
	var faults config.Faults
	if _, err := s.Resolve(); err != nil && !errors.As(err, &faults) {
		t.Fatalf("the error is a %T, want Faults", err)
	}
	var names []string
	for _, f := range faults {
		names = append(names, f.Variable)
	}
	return names
}

// wantFaults fails the test unless exactly these variables have a fault.
func wantFaults(t *testing.T, s config.Settings, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, faulty(t, s), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("faulty settings (-want +got):\n%s", diff)
	}
}

func TestNothingSetIsDevelopment(t *testing.T) {
	c := resolved(t, config.Settings{})
	public := c.PublicURL.String()
	c.PublicURL = nil

	want := &config.Config{
		Mode:                config.Development,
		Addr:                "127.0.0.1:8080",
		DataDir:             "./data",
		Migrate:             true,
		MailFrom:            `"Latchkey" <latchkey@localhost>`,
		MailDir:             "data/mail",
		ConfirmURL:          "http://localhost:8080/confirm?token={token}",
		ResetURL:            "http://localhost:8080/reset?token={token}",
		EmailChangeURL:      "http://localhost:8080/email-change?token={token}",
		UndoEmailChangeURL:  "http://localhost:8080/undo-email-change?token={token}",
		InvitationURL:       "http://localhost:8080/invitation?token={token}",
		InvitationPage:      true,
		ProductName:         "Latchkey",
		Registration:        "open",
		EmailVerification:   "mandatory",
		Usernames:           "off",
		PasskeyDomain:       "localhost",
		PasskeyClones:       "refuse",
		RequireSecondFactor: "nobody",
		Impersonation:       "notify",
		TrustedDevices:      true,
		ProviderLink:        "ask",
		PasswordMinLength:   8,
		PasswordHashMemory:  19 * 1024,
		PasswordHashPasses:  2,
		MaxSessionsPerUser:  100,
		SessionCache:        16,
		Pages:               true,
		AdminPages:          true,
		AccessToken:         "opaque",
		AccessTokenLifetime: 15 * time.Minute,
		JWTAlgorithm:        "EdDSA",
		JWTAudience:         []string{"http://localhost:8080"},
		Introspection:       true,
		Playground:          true,
		LocalhostOrigins:    true,
		EventsKept:          30,
		LogFormat:           "auto",
		LogLevel:            slog.LevelInfo,
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("development (-want +got):\n%s", diff)
	}
	if public != "http://localhost:8080" {
		t.Errorf("the public URL is %s", public)
	}
}

func TestProductionIsClosedByDefault(t *testing.T) {
	c := resolved(t, production())

	if c.Mode != config.Production || c.Addr != ":8080" || c.Introspection || c.MailDir != "" {
		t.Errorf("mode %s on %s, introspection %t, mail folder %q", c.Mode, c.Addr, c.Introspection, c.MailDir)
	}
	if c.ConfirmURL != "https://auth.example.com/confirm?token={token}" {
		t.Errorf("the confirmation link is %s", c.ConfirmURL)
	}
	if c.MailFrom != `"Example" <hello@example.com>` {
		t.Errorf("the sender is %s", c.MailFrom)
	}
}

func TestProductionNamesEverythingMissingAtOnce(t *testing.T) {
	wantFaults(t, config.Settings{Env: "production"},
		"LATCHKEY_PUBLIC_URL", "LATCHKEY_SECRET_KEY", "LATCHKEY_SMTP_URL", "LATCHKEY_MAIL_FROM")
}

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	s := config.Settings{
		Env: "staging", PublicURL: "ftp://example.com", Addr: "8080", SecretKey: "short", DatabaseURL: "mysql://db/x",
		SMTPURL: "http://mail", MailFrom: "nobody", ConfirmURL: "https://example.com/confirm", Migrate: "perhaps",
		PasswordHashMemory: "1",
	}
	_, err := s.Resolve()
	if err == nil {
		t.Fatal("ten faults were accepted")
	}

	var found int
	for line := range strings.Lines(err.Error()) {
		if strings.HasPrefix(line, "  LATCHKEY_") || strings.HasPrefix(line, "  DATABASE_URL") {
			found++
		}
		if len(line) > 110 {
			t.Errorf("a line of %d characters breaks on a terminal: %s", len(line), line)
		}
	}
	if found != 10 || !strings.HasPrefix(err.Error(), "10 settings need attention:\n") {
		t.Errorf("told %d faults of 10:\n%v", found, err)
	}
}

func TestOneFaultReadsLikeThis(t *testing.T) {
	_, err := config.Settings{LogLevel: "loud"}.Resolve()
	const want = `1 setting needs attention:

  LATCHKEY_LOG_LEVEL (--log-level) must be info, debug, warn or error.
      It is "loud".
      Give one of these words, or nothing for info.`
	if err == nil {
		t.Fatal("got no error, want a refusal")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSpacesAroundASettingDoNotCount(t *testing.T) {
	s := production()
	s.SecretKey, s.Env = key+"\n", " Production "
	wantFaults(t, s)
}

func TestControlCharactersAreRefused(t *testing.T) {
	wantFaults(t, config.Settings{MailSubjectPrefix: "[x]\r\nBcc: a@b", ProductName: "\xff", DataDir: "a\x00b"},
		"LATCHKEY_DATA_DIR", "LATCHKEY_MAIL_SUBJECT_PREFIX", "LATCHKEY_PRODUCT_NAME")
}
