package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/keyring"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = newPart("signing keys", signingKeys)
	_ = newCalls(calls{
		"SigningKeys": func(ctx context.Context, s rows) error { _, err := s.SigningKeys(ctx); return err },
		"AddSigningKey": func(ctx context.Context, s rows) error {
			_, err := s.AddSigningKey(ctx, newSealedKey(1))
			return err
		},
		"DeleteSigningKeys": func(ctx context.Context, s rows) error { return s.DeleteSigningKeys(ctx, 1) },
	})
)

func newSealedKey(number int) *keyring.SealedKey {
	return &keyring.SealedKey{
		Number: number, ID: uuid.NewString(), Algorithm: secret.ES256, Sealed: digest(),
		CreatedAt: noon, SignsFrom: noon.Add(10 * time.Minute),
	}
}

func signingKeys(t *testing.T, open Open) {
	s := open(t)
	numbers := func(t *testing.T) []int {
		t.Helper()
		keys, err := s.SigningKeys(t.Context())
		must(t, err)
		got := []int{}
		for _, k := range keys {
			got = append(got, k.Number)
		}
		return got
	}
	wantNumbers := func(t *testing.T, wanted ...int) {
		t.Helper()
		if diff := cmp.Diff(append([]int{}, wanted...), numbers(t)); diff != "" {
			t.Errorf("other keys are there (-want +got):\n%s", diff)
		}
	}

	t.Run("keys come back by number", func(t *testing.T) {
		wantNumbers(t)
		second, first := newSealedKey(2), newSealedKey(1)
		for _, k := range []*keyring.SealedKey{second, first} {
			added, err := s.AddSigningKey(t.Context(), k)
			must(t, err)
			if !added {
				t.Errorf("key %d was not added", k.Number)
			}
		}
		keys, err := s.SigningKeys(t.Context())
		must(t, err)
		same(t, []*keyring.SealedKey{first, second}, keys)
	})

	t.Run("a number is taken once, also in a transaction, which goes on", func(t *testing.T) {
		before, err := s.SigningKeys(t.Context())
		must(t, err)
		must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
			added, err := tx.AddSigningKey(t.Context(), newSealedKey(2))
			if added {
				t.Error("got a number twice, want each once")
			}
			return err
		}))
		after, err := s.SigningKeys(t.Context())
		must(t, err)
		same(t, before, after)
	})

	t.Run("of twenty who add a key of one number at once, one does", func(t *testing.T) {
		added, errs := atOnce(20, func(int) (bool, error) { return s.AddSigningKey(t.Context(), newSealedKey(3)) })
		count(t, errs, nil)
		winners := 0
		for _, one := range added {
			if one {
				winners++
			}
		}
		wantCount(t, 1, winners)
		wantNumbers(t, 1, 2, 3)
	})

	t.Run("keys are removed by number, and no others", func(t *testing.T) {
		must(t, s.DeleteSigningKeys(t.Context()))
		wantNumbers(t, 1, 2, 3)
		must(t, s.DeleteSigningKeys(t.Context(), 1, 3, 77))
		wantNumbers(t, 2)
	})
}
