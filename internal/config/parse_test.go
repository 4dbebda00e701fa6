package config_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestWordsAreTakenInAnyCase(t *testing.T) {
	c := resolved(t, config.Settings{
		Registration: "Closed", EmailVerification: "NONE", Migrate: "False", Introspection: "FALSE", LoginCodes: "TRUE",
		LogFormat: "JSON", LogLevel: "Debug", PasswordHashMemory: "64", PasswordHashPasses: "3",
	})
	if c.Registration != "closed" || c.EmailVerification != "none" || c.Migrate || c.Introspection || !c.LoginCodes {
		t.Errorf("registration %s, verification %s, migrate %t, introspection %t",
			c.Registration, c.EmailVerification, c.Migrate, c.Introspection)
	}
	if c.LogFormat != "json" || c.LogLevel != slog.LevelDebug {
		t.Errorf("log format %s, level %s", c.LogFormat, c.LogLevel)
	}
	if c.PasswordHashMemory != 64*1024 || c.PasswordHashPasses != 3 {
		t.Errorf("%d KiB, %d passes", c.PasswordHashMemory, c.PasswordHashPasses)
	}
}

func TestLogLevels(t *testing.T) {
	for word, want := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError, "": slog.LevelInfo,
	} {
		if got := resolved(t, config.Settings{LogLevel: word}).LogLevel; got != want {
			t.Errorf("%q is %s, want %s", word, got, want)
		}
	}
}

func TestIntrospectionCanBeOpenedInProduction(t *testing.T) {
	s := production()
	s.Introspection = "true"
	if !resolved(t, s).Introspection {
		t.Error("got introspection off, want it on")
	}
}

func TestValuesThatAreRefused(t *testing.T) {
	cases := map[string]config.Settings{
		"LATCHKEY_ENV":                  {Env: "prod"},
		"LATCHKEY_MIGRATE":              {Migrate: "yes"},
		"LATCHKEY_INTROSPECTION":        {Introspection: "1"},
		"LATCHKEY_REGISTRATION":         {Registration: "invited"},
		"LATCHKEY_EMAIL_VERIFICATION":   {EmailVerification: "off"},
		"LATCHKEY_LOG_FORMAT":           {LogFormat: "xml"},
		"LATCHKEY_LOG_LEVEL":            {LogLevel: "trace"},
		"LATCHKEY_PRODUCT_NAME":         {ProductName: strings.Repeat("é", 61)},
		"LATCHKEY_PASSWORD_HASH_MEMORY": {PasswordHashMemory: "18"},
		"LATCHKEY_PASSWORD_HASH_PASSES": {PasswordHashPasses: "101"},
	}
	for variable, s := range cases {
		t.Run(variable, func(t *testing.T) { wantFaults(t, s, variable) })
	}

	for _, bad := range []string{"-19", "19.5", "19MiB", "1025", "4294967315", "99999999999999999999", "0x20"} {
		t.Run("hash memory "+bad, func(t *testing.T) {
			wantFaults(t, config.Settings{PasswordHashMemory: bad}, "LATCHKEY_PASSWORD_HASH_MEMORY")
		})
	}
}

func TestDatabaseURL(t *testing.T) {
	for _, good := range []secret.Text{
		"postgres://u:p@db.example.com:5432/latchkey?sslmode=verify-full", "postgresql://db/latchkey",
		"postgres:///latchkey?host=/var/run/postgresql", "postgres://a,b:5433/latchkey",
	} {
		t.Run("takes "+good.Reveal(), func(t *testing.T) {
			s := production()
			s.DatabaseURL = good
			if got := resolved(t, s).DatabaseURL; got.Reveal() != good.Reveal() {
				t.Error("got another database URL, want it unchanged")
			}
		})
	}

	for _, bad := range []secret.Text{
		"mysql://db/latchkey", "sqlite://data.db", "data.db", "host=db password=hush", "postgres:db",
		"postgres://u:1/2@db/latchkey", "postgres://u:1@2@db/latchkey", "postgres://u:p%zz@db/latchkey",
	} {
		t.Run("refuses "+bad.Reveal(), func(t *testing.T) {
			s := production()
			s.DatabaseURL = bad
			wantFaults(t, s, "DATABASE_URL")
		})
	}
}
