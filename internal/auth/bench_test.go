package auth_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// benchWorlds runs a benchmark on each database, in a world where access tokens are JWTs and hashes cost
// next to nothing, so that what is left of a login is what is not its hash.
func benchWorlds(b *testing.B, run func(b *testing.B, w *authtest.World)) {
	b.Helper()
	for _, database := range []struct {
		name string
		open func(t testing.TB) *store.DB
	}{
		{"SQLite", authtest.SQLite},
		{"Postgres", authtest.Postgres},
	} {
		b.Run(database.name, func(b *testing.B) {
			config := authtest.Mandatory
			config.AccessToken, config.JWTAlgorithm, config.Issuer = auth.AccessTokenJWT, secret.EdDSA, "https://auth.example.com"
			config.JWTAudience = []string{config.Issuer}
			config.MaxSessionsPerUser = 10
			w := authtest.New(b, database.open(b), authtest.Unlimited(config))
			w.Join(b, ada, adasPassword)
			run(b, w)
		})
	}
}

// benchLogin begins a session.
func benchLogin(b *testing.B, w *authtest.World) *auth.Grant {
	b.Helper()
	grant, err := w.Login(b.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
	if err != nil {
		b.Fatal(err)
	}
	return grant
}

// BenchmarkRefreshSession goes on with one session, each time by the token that the last time returned.
func BenchmarkRefreshSession(b *testing.B) {
	benchWorlds(b, func(b *testing.B, w *authtest.World) {
		token := benchLogin(b, w).Tokens.RefreshToken
		b.ReportAllocs()
		for b.Loop() {
			grant, err := w.RefreshSession(b.Context(), auth.RefreshInput{RefreshToken: &token})
			if err != nil {
				b.Fatal(err)
			}
			token = grant.Tokens.RefreshToken
		}
	})
}

// BenchmarkSessions lists the ten sessions of a user.
func BenchmarkSessions(b *testing.B) {
	benchWorlds(b, func(b *testing.B, w *authtest.World) {
		var grant *auth.Grant
		for range 10 {
			grant = benchLogin(b, w)
		}
		caller := &auth.Caller{User: grant.User, Session: grant.Session}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := w.Sessions(b.Context(), caller); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLogin logs in, which ends the oldest of ten sessions; and BenchmarkLogout ends the session
// that a login begins, whose time does not count.
func BenchmarkLogin(b *testing.B) {
	benchWorlds(b, func(b *testing.B, w *authtest.World) {
		b.ReportAllocs()
		for b.Loop() {
			benchLogin(b, w)
		}
	})
}

func BenchmarkLogout(b *testing.B) {
	benchWorlds(b, func(b *testing.B, w *authtest.World) {
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			token := benchLogin(b, w).Tokens.AccessToken
			b.StartTimer()
			if err := w.Logout(b.Context(), token); err != nil {
				b.Fatal(err)
			}
		}
	})
}
