package store_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/store"
)

func TestClock(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := opened(t, url)
		before := time.Now()
		now, own, err := db.Clock(t.Context())
		if err != nil || own != (db.Kind() == store.Postgres) {
			t.Fatalf("own %t, error %v", own, err)
		}
		// Both run on this machine.
		if own && (now.Before(before.Add(-time.Second)) || now.After(time.Now().Add(time.Second)) || now.Location() != time.UTC) {
			t.Errorf("the time is %v, here %v", now, before)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.Clock(t.Context()); own && err == nil {
			t.Error("a database that is closed has a clock")
		}
	})
}

func TestMigrateShowsItsProgress(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		db := opened(t, url)
		var told []string
		applied, err := db.Migrate(t.Context(), func(name string, number, of int) {
			if told = append(told, name); number != len(told) || of != len(known(t)) {
				t.Errorf("%s is told as number %d of %d", name, number, of)
			}
		})
		if err != nil || len(told) == 0 || len(told) != len(applied) {
			t.Errorf("%v were applied, and %v told (error: %v)", applied, told, err)
		}
	})
}
