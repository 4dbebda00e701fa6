package store_test

import (
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// BenchmarkRecentSession finds a session with its user, from memory and in the database.
func BenchmarkRecentSession(b *testing.B) {
	for kind, url := range map[string]func(b *testing.B) string{
		store.SQLite:   func(b *testing.B) string { return "sqlite:" + b.TempDir() + "/latchkey.db" },
		store.Postgres: func(b *testing.B) string { return pgtest.URL(b) },
	} {
		for _, bytes := range []int64{0, 8 << 20} {
			b.Run(kind+"/"+strconv.FormatInt(bytes>>20, 10)+"MiB", func(b *testing.B) { lookUp(b, url(b), bytes) })
		}
	}
}

func lookUp(b *testing.B, url string, bytes int64) {
	db, err := store.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if _, err := db.Migrate(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	digest := secret.Digest(secret.NewToken(secret.SessionToken))
	user := &auth.User{ID: uuid.Must(uuid.NewV7()), Email: address.Email{Address: "ada@example.com", Canonical: "ada@example.com"}, Profile: "{}", Role: auth.RoleUser, CreatedAt: now, UpdatedAt: now}
	session := &auth.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: user.ID, TokenDigest: digest, Generation: 1,
		CreatedAt: now, LastSeenAt: now, AuthenticatedAt: now, EndsAt: now.Add(time.Hour),
	}
	if err := db.CreateUser(b.Context(), user); err != nil {
		b.Fatal(err)
	}
	if err := db.CreateSession(b.Context(), session); err != nil {
		b.Fatal(err)
	}
	if bytes > 0 {
		db.EnableSessionCache(bytes, slog.New(slog.DiscardHandler))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := db.RecentSessionByDigest(b.Context(), digest); err != nil {
			b.Fatal(err)
		}
	}
}
