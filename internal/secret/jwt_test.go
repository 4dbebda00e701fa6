package secret_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var algorithms = []secret.Algorithm{secret.EdDSA, secret.ES256, secret.RS256}

func newSigningKey(t testing.TB, algorithm secret.Algorithm) *secret.SigningKey {
	t.Helper()
	key, err := secret.NewSigningKey(algorithm)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestAJWTIsVerifiedByItsKeyOnly(t *testing.T) {
	t.Parallel()
	for _, algorithm := range algorithms {
		t.Run(string(algorithm), func(t *testing.T) {
			key, other := newSigningKey(t, algorithm), newSigningKey(t, algorithm)
			token, err := key.Sign(map[string]string{"sub": "ada"})
			if err != nil {
				t.Fatal(err)
			}
			claims, err := secret.VerifyJWT(token, []*secret.SigningKey{other, key})
			if err != nil || string(claims) != `{"sub":"ada"}` {
				t.Fatalf("it does not verify: %v", err)
			}
			for _, keys := range [][]*secret.SigningKey{nil, {other}} {
				if claims, err := secret.VerifyJWT(token, keys); !errors.Is(err, secret.ErrJWTInvalid) || claims != nil {
					t.Error("got claims without the key, want ErrJWTInvalid")
				}
			}
		})
	}
}

func TestPublicKeysVerifyWhatIsSignedAndTellNothingElse(t *testing.T) {
	t.Parallel()
	for _, algorithm := range algorithms {
		key := newSigningKey(t, algorithm)
		document, err := secret.PublicKeys(key)
		if err != nil {
			t.Fatal(err)
		}
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(document, &set); err != nil || len(set.Keys) != 1 {
			t.Fatalf("%s: %d keys: %v", algorithm, len(set.Keys), err)
		}
		public := set.Keys[0]
		if !public.IsPublic() || public.KeyID != key.ID || public.Algorithm != string(algorithm) || public.Use != "sig" {
			t.Errorf("%s: the published key says something else of itself", algorithm)
		}
		token, err := key.Sign(struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := jose.ParseSignedCompact(token.Reveal(), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsed.Verify(public); err != nil {
			t.Errorf("%s: the published key does not verify: %v", algorithm, err)
		}
	}
	if document, err := secret.PublicKeys(); err != nil || string(document) != `{"keys":[]}` {
		t.Errorf("no keys are %s", document)
	}
}

func TestASigningKeyIsKeptSealed(t *testing.T) {
	t.Parallel()
	for _, algorithm := range algorithms {
		server, key := secret.NewKey(), newSigningKey(t, algorithm)
		sealed, err := key.Seal(server)
		if err != nil {
			t.Fatal(err)
		}
		opened, err := secret.OpenSigningKey(server, key.ID, algorithm, sealed)
		if err != nil {
			t.Fatal(err)
		}
		token, err := opened.Sign(struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := secret.VerifyJWT(token, []*secret.SigningKey{key}); err != nil {
			t.Errorf("%s: another key came out", algorithm)
		}
		other := newSigningKey(t, algorithm)
		for name, open := range map[string]func() (*secret.SigningKey, error){
			"another secret key": func() (*secret.SigningKey, error) {
				return secret.OpenSigningKey(secret.NewKey(), key.ID, algorithm, sealed)
			},
			"another id": func() (*secret.SigningKey, error) { return secret.OpenSigningKey(server, other.ID, algorithm, sealed) },
			"nothing":    func() (*secret.SigningKey, error) { return secret.OpenSigningKey(server, key.ID, algorithm, nil) },
			"another algorithm": func() (*secret.SigningKey, error) {
				return secret.OpenSigningKey(server, key.ID, algorithms[(indexOf(algorithm)+1)%len(algorithms)], sealed)
			},
		} {
			if opened, err := open(); !errors.Is(err, secret.ErrSealed) || opened != nil {
				t.Errorf("%s: it opens with %s: %v", algorithm, name, err)
			}
		}
	}
}

func indexOf(algorithm secret.Algorithm) int {
	for i, other := range algorithms {
		if other == algorithm {
			return i
		}
	}
	return -1
}

func TestASigningKeyDoesNotPrint(t *testing.T) {
	t.Parallel()
	key := newSigningKey(t, secret.EdDSA)
	encoded, err := json.Marshal(map[string]any{"key": key})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{fmt.Sprint(key), fmt.Sprintf("%v %+v %#v %x %d", key, key, key, key, key), string(encoded), key.LogValue().String()} {
		if rest := strings.NewReplacer(`{"key":"[secret]"}`, "", "[secret]", "", " ", "").Replace(text); rest != "" {
			t.Errorf("it prints as %d characters more than [secret]", len(rest))
		}
	}
}

func TestThereIsNoOtherAlgorithm(t *testing.T) {
	t.Parallel()
	for _, algorithm := range []secret.Algorithm{"none", "HS256", "PS256", ""} {
		if _, err := secret.NewSigningKey(algorithm); err == nil || !strings.Contains(err.Error(), "EdDSA, ES256 and RS256") {
			t.Errorf("%q: %v", algorithm, err)
		}
	}
}

func FuzzVerifyJWT(f *testing.F) {
	key := newSigningKey(f, secret.EdDSA)
	token, err := key.Sign(map[string]string{"sub": "ada"})
	if err != nil {
		f.Fatal(err)
	}
	good := token.Reveal()
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, "", "..", "a.b.c", good[:40], good + ".", parts[0] + "..", "eyJhbGciOiJub25lIn0." + parts[1] + ".", parts[0] + "." + parts[1] + "." + parts[1]} {
		f.Add(seed)
	}
	keys := []*secret.SigningKey{key}
	f.Fuzz(func(t *testing.T, text string) {
		claims, err := secret.VerifyJWT(secret.Text(text), keys)
		switch {
		case err != nil && (!errors.Is(err, secret.ErrJWTInvalid) || claims != nil):
			t.Fatalf("the error is %v", err)
		case err == nil && !bytes.Equal(claims, []byte(`{"sub":"ada"}`)):
			t.Fatal("claims that were never signed verify")
		}
	})
}

func BenchmarkVerifyJWT(b *testing.B) {
	for _, algorithm := range algorithms {
		b.Run(string(algorithm), func(b *testing.B) {
			keys := []*secret.SigningKey{newSigningKey(b, algorithm)}
			token, err := keys[0].Sign(map[string]string{"sub": "ada"})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := secret.VerifyJWT(token, keys); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestAJWTIsWrittenInOneWay: the last character of a part may have bits left over, which go-jose overlooks.
func TestAJWTIsWrittenInOneWay(t *testing.T) {
	t.Parallel()
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	key := newSigningKey(t, secret.EdDSA)
	token, err := key.Sign(map[string]string{"sub": "ada"})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token.Reveal(), ".")
	written := 0
	for i, part := range parts {
		for _, last := range alphabet {
			changed := slices.Clone(parts)
			changed[i] = part[:len(part)-1] + string(last)
			if _, err := secret.VerifyJWT(secret.Text(strings.Join(changed, ".")), []*secret.SigningKey{key}); err == nil {
				written++
			}
		}
	}
	if written != len(parts) { // each part as it is
		t.Errorf("got %d ways to write it in the last characters, want %d", written, len(parts))
	}
	for _, other := range []string{token.Reveal() + "=", token.Reveal() + "\n", token.Reveal() + ".", "\r" + token.Reveal()} {
		if _, err := secret.VerifyJWT(secret.Text(other), []*secret.SigningKey{key}); err == nil {
			t.Error("got claims from a token with something more, want none")
		}
	}
}
