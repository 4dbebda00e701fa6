package auth_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/keyring"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// published returns the kids of the published keys.
func published(t *testing.T, w *authtest.World) []string {
	t.Helper()
	document, err := w.PublicKeys(t.Context())
	must(t, err)
	if bytes.Contains(document, []byte(`"d"`)) {
		t.Fatal("a private key is published")
	}
	var set struct {
		Keys []struct{ Kid, Alg, Use string }
	}
	must(t, json.Unmarshal(document, &set))
	kids := []string{}
	for _, k := range set.Keys {
		if k.Use != "sig" || k.Alg == "" {
			t.Errorf("a key says of itself %+v", k)
		}
		kids = append(kids, k.Kid)
	}
	return kids
}

// rotate makes the next key.
func rotate(t *testing.T, w *authtest.World) {
	t.Helper()
	from, err := w.RotateKeys(t.Context())
	must(t, err)
	if !from.Equal(w.Clock.Now().Add(15 * time.Minute)) {
		t.Errorf("the next key signs from %v", from)
	}
}

func kid(t *testing.T, token secret.Text) string {
	t.Helper()
	return decoded(t, token, 0)["kid"].(string)
}

func TestAKeyIsPublishedBeforeItSignsAndUntilItsTokensAreDead(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		first := logIn(t, w)
		w.Clock.Advance(time.Hour)
		first = refreshes(t, w, first.Tokens.RefreshToken)
		rotate(t, w)
		if _, err := w.RotateKeys(t.Context()); err == nil || !strings.Contains(err.Error(), "there already") {
			t.Errorf("a second rotation at once: %v", err)
		}

		var seen [][]string
		token, kids := first.Tokens.RefreshToken, map[string]bool{}
		for range 45 {
			seen = append(seen, published(t, w))
			grant := refreshes(t, w, token)
			token = grant.Tokens.RefreshToken
			kids[kid(t, grant.Tokens.AccessToken)] = true
			for _, keys := range seen[max(0, len(seen)-11):] { // by a verifier, behind a cache
				if !slices.Contains(keys, kid(t, grant.Tokens.AccessToken)) {
					t.Fatal("a key signs that a verifier does not know yet")
				}
			}
			w.Clock.Advance(time.Minute)
		}
		if len(kids) != 2 {
			t.Errorf("%d keys have signed, want 2", len(kids))
		}
		must(t, w.TendKeys(t.Context()))
		if keys := published(t, w); len(keys) != 1 || keys[0] == kid(t, first.Tokens.AccessToken) {
			t.Errorf("there are %d keys published after all", len(keys))
		}
		if infos, err := w.Keys(t.Context()); err != nil || len(infos) != 1 || infos[0].State != keyring.Signs {
			t.Errorf("%d keys are left in the store", len(infos))
		}
	})
}

func TestATokenSignedByARetiredKeyOpensNothing(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), signed)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	f := newForger(t, w, grant)
	long := f.sign(nil, members{"exp": w.Clock.Now().Add(24 * time.Hour).Unix()})
	rotate(t, w)
	w.Clock.Advance(30 * time.Minute)
	if !lives(t, w, long) {
		t.Error("the key was retired before the last of its tokens was dead")
	}
	w.Clock.Advance(40 * time.Second)
	if lives(t, w, long) {
		t.Error("a retired key still counts")
	}
}

func TestKeysAreReplacedByAgeAndByAlgorithm(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		states := func(w *authtest.World) (states []keyring.State, algorithms []secret.Algorithm) {
			infos, err := w.Keys(t.Context())
			must(t, err)
			for _, info := range infos {
				states, algorithms = append(states, info.State), append(algorithms, info.Algorithm)
			}
			return states, algorithms
		}
		for range 3 {
			must(t, w.TendKeys(t.Context()))
		}
		w.Clock.Advance(90*24*time.Hour - time.Second)
		must(t, w.TendKeys(t.Context()))
		if got, _ := states(w); !slices.Equal(got, []keyring.State{keyring.Signs}) {
			t.Fatalf("the keys are %v", got)
		}
		w.Clock.Advance(time.Second)
		must(t, w.TendKeys(t.Context()))
		must(t, w.TendKeys(t.Context()))
		if got, _ := states(w); !slices.Equal(got, []keyring.State{keyring.Signs, keyring.Waits}) {
			t.Fatalf("at 90 days the keys are %v", got)
		}
		w.Clock.Advance(15 * time.Minute)
		if got, _ := states(w); !slices.Equal(got, []keyring.State{keyring.Verifies, keyring.Signs}) {
			t.Fatalf("a quarter of an hour later the keys are %v", got)
		}

		other := signed
		other.JWTAlgorithm = secret.ES256
		changed := w.Replica(authtest.Difference{Config: other})
		w.Clock.Advance(time.Hour)
		must(t, changed.TendKeys(t.Context()))
		got, algorithms := states(changed)
		if !slices.Equal(got, []keyring.State{keyring.Signs, keyring.Waits}) || !slices.Equal(algorithms, []secret.Algorithm{secret.EdDSA, secret.ES256}) {
			t.Errorf("with another algorithm the keys are %v %v", got, algorithms)
		}
	})
}

func TestReplicasThatStartTogetherHaveOneKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		for _, err := range atOnce(10, func(int) error { return w.Replica(authtest.Difference{}).TendKeys(t.Context()) }) {
			must(t, err)
		}
		if keys := published(t, w); len(keys) != 1 {
			t.Errorf("there are %d keys", len(keys))
		}
	})
}

func TestVoidedKeysEndAllAccessTokensAndNoSession(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		grant := logIn(t, w)
		rotate(t, w)
		replica := w.Replica(authtest.Difference{})
		if !lives(t, replica, grant.Tokens.AccessToken) {
			t.Fatal("the token does not work")
		}
		must(t, w.VoidKeys(t.Context(), false))
		if lives(t, w, grant.Tokens.AccessToken) {
			t.Error("the token still works")
		}
		w.Clock.Advance(30 * time.Second)
		if lives(t, replica, grant.Tokens.AccessToken) {
			t.Error("the token still works on another replica")
		}
		next := refreshes(t, replica, grant.Tokens.RefreshToken)
		if !lives(t, w, next.Tokens.AccessToken) {
			t.Error("the next one does not")
		}
		if keys := published(t, w); len(keys) != 1 || keys[0] != kid(t, next.Tokens.AccessToken) {
			t.Errorf("%d keys are published", len(keys))
		}
	})
}

func TestKeysOfAnotherSecretKeyAreToldPlainly(t *testing.T) {
	t.Parallel()
	store := authtest.SQLite(t)
	first := authtest.New(t, store, signed)
	must(t, first.TendKeys(t.Context()))
	other := authtest.New(t, store, signed) // with a secret key of its own
	err := other.TendKeys(t.Context())
	if err == nil || !strings.Contains(err.Error(), "LATCHKEY_SECRET_KEY") || !strings.Contains(err.Error(), "latchkey keys rotate --compromised --secret-key-lost") {
		t.Fatalf("the error is %v", err)
	}
	before := published(t, first)
	_, err = other.RotateKeys(t.Context())
	if err == nil || !strings.Contains(err.Error(), "LATCHKEY_SECRET_KEY") {
		t.Errorf("with another secret key, the rotation says %v", err)
	}
	if err := other.VoidKeys(t.Context(), false); err == nil || !strings.Contains(err.Error(), "LATCHKEY_SECRET_KEY") {
		t.Errorf("with another secret key, the voiding says %v", err)
	}
	if after := published(t, first.Replica(authtest.Difference{})); !slices.Equal(before, after) {
		t.Error("the keys of the servers are others now")
	}
	must(t, other.VoidKeys(t.Context(), true))
	must(t, other.TendKeys(t.Context()))
}

func TestEveryAlgorithmSignsAndVerifies(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []secret.Algorithm{secret.EdDSA, secret.ES256, secret.RS256} {
		t.Run(string(algorithm), func(t *testing.T) {
			config := signed
			config.JWTAlgorithm = algorithm
			w := authtest.New(t, authtest.SQLite(t), config)
			w.Join(t, ada, adasPassword)
			grant := logIn(t, w)
			if alg := decoded(t, grant.Tokens.AccessToken, 0)["alg"]; alg != string(algorithm) {
				t.Errorf("it is signed by %v", alg)
			}
			if !lives(t, w.Replica(authtest.Difference{}), grant.Tokens.AccessToken) {
				t.Error("the token does not work")
			}
		})
	}
}

func TestOpaqueDeploymentsHaveNoKeys(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	must(t, w.TendKeys(t.Context()))
	if _, err := w.PublicKeys(t.Context()); err == nil {
		t.Error("keys are published")
	}
	bogus := secret.NewRefreshToken()
	_, err := w.RefreshSession(t.Context(), auth.RefreshInput{RefreshToken: &bogus})
	refused(t, err, auth.InvalidRefreshToken)
	for _, rotate := range []func() error{func() error { _, err := w.RotateKeys(t.Context()); return err }, func() error { return w.VoidKeys(t.Context(), false) }} {
		if err := rotate(); err == nil || !strings.Contains(err.Error(), "LATCHKEY_ACCESS_TOKEN=jwt") {
			t.Errorf("the error is %v", err)
		}
	}
	if keys, err := w.Keys(t.Context()); err != nil || len(keys) != 0 {
		t.Errorf("there are %d keys", len(keys))
	}
}

func TestKeysFromWhenTokensWereJWTsAreTendedAndCanBeVoided(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		jwts := authtest.New(t, store, signed)
		jwts.Join(t, ada, adasPassword)
		grant := logIn(t, jwts)
		opaque := jwts.Replica(authtest.Difference{Config: auth.Config{EmailVerification: auth.VerificationMandatory, Issuer: signed.Issuer, JWTAudience: signed.JWTAudience}})
		must(t, opaque.VoidKeys(t.Context(), false))
		if lives(t, opaque, grant.Tokens.AccessToken) {
			t.Error("a token of a key that was voided still works")
		}
		next := refreshes(t, opaque, grant.Tokens.RefreshToken)
		if !lives(t, opaque, next.Tokens.AccessToken) {
			t.Error("the next one does not")
		}
		signer := kid(t, next.Tokens.AccessToken)
		opaque.Clock.Advance(91 * 24 * time.Hour)
		must(t, opaque.TendKeys(t.Context()))
		opaque.Clock.Advance(time.Hour)
		must(t, opaque.TendKeys(t.Context()))
		if keys := published(t, opaque); len(keys) != 1 || keys[0] == signer {
			t.Errorf("after 91 days, %d keys are published, the old one among them: %v", len(keys), slices.Contains(keys, signer))
		}
	})
}

func TestAVoidedKeyIsReplacedByOneOfItsAlgorithm(t *testing.T) {
	t.Parallel()
	config := signed
	config.JWTAlgorithm = secret.ES256
	w := authtest.New(t, authtest.SQLite(t), config)
	must(t, w.TendKeys(t.Context()))
	shell := w.Replica(authtest.Difference{Config: signed}) // whose settings are others
	must(t, shell.VoidKeys(t.Context(), false))
	w.Clock.Advance(time.Hour)
	rotate(t, shell)
	infos, err := w.Keys(t.Context())
	must(t, err)
	for _, info := range infos {
		if info.Algorithm != secret.ES256 {
			t.Errorf("key %d is for %s", info.Number, info.Algorithm)
		}
	}
}

func TestAVoidingIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		must(t, w.TendKeys(t.Context()))
		for number := 1; ; number++ {
			before := published(t, w.Replica(authtest.Difference{}))
			interrupted, happened := authtest.Interrupt(w.Store, number)
			err := w.Replica(authtest.Difference{Store: interrupted}).VoidKeys(t.Context(), false)
			after := published(t, w.Replica(authtest.Difference{}))
			if len(after) != 1 {
				t.Fatalf("call %d: %d keys are published", number, len(after))
			}
			if !happened() {
				must(t, err)
				break
			}
			if err == nil && slices.Equal(before, after) {
				t.Fatalf("call %d: the key is said to be voided, and is not", number)
			}
		}
	})
}

func TestAFirstKeyByAClockThatIsAheadSignsAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, signed)
		w.Join(t, ada, adasPassword)
		ahead := auth.New(signed, w.Key, w.Store, w.Hasher, w, func() time.Time { return w.Clock.Now().Add(20 * time.Second) })
		must(t, ahead.TendKeys(t.Context()))
		must(t, w.TendKeys(t.Context()))
		if !lives(t, w, logIn(t, w).Tokens.AccessToken) {
			t.Error("the token does not work")
		}
		if keys := published(t, w); len(keys) != 1 {
			t.Errorf("%d keys were made", len(keys))
		}
	})
}

func TestKeysThatWereTakenAwayByHandAreMadeAnew(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), signed)
	must(t, w.TendKeys(t.Context()))
	must(t, w.Store.DeleteSigningKeys(t.Context(), 1))
	must(t, w.TendKeys(t.Context()))
	if keys := published(t, w); len(keys) != 1 {
		t.Errorf("there are %d keys", len(keys))
	}
}
