package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/verify"
)

const user = "0190a5c8-6a7b-7c3e-9d7e-0c1f3a2b4c5d"

// signer is a key of an issuer. It signs with the standard library alone, so that tokens are not made
// by the code that verifies them.
type signer struct {
	id, algorithm string
	jwk           map[string]any
	sign          func(text []byte) []byte
}

var base64url = base64.RawURLEncoding

// must ends the program: its errors come from the system's randomness or from a mistake in a test.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func edSigner(id string) signer {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(0, err)
	return signer{
		id: id, algorithm: "EdDSA",
		jwk:  map[string]any{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": id, "x": base64url.EncodeToString(public)},
		sign: func(text []byte) []byte { return ed25519.Sign(private, text) },
	}
}

func ecKey(curve elliptic.Curve) *ecdsa.PrivateKey {
	return must(ecdsa.GenerateKey(curve, rand.Reader))
}

func ecSigner(id string, private *ecdsa.PrivateKey) signer {
	point := must(private.PublicKey.Bytes()) // 4, x, y
	size := len(point) / 2
	return signer{
		id: id, algorithm: "ES256",
		jwk: map[string]any{
			"kty": "EC", "crv": private.Params().Name, "alg": "ES256", "use": "sig", "kid": id,
			"x": base64url.EncodeToString(point[1 : 1+size]), "y": base64url.EncodeToString(point[1+size:]),
		},
		sign: func(text []byte) []byte {
			digest := sha256.Sum256(text)
			r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
			must(0, err)
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		},
	}
}

// rsaKey is shared: it takes long to make.
var rsaKey = sync.OnceValue(func() *rsa.PrivateKey { return must(rsa.GenerateKey(rand.Reader, 2048)) })

func rsaSigner(id string, private *rsa.PrivateKey) signer {
	return signer{
		id: id, algorithm: "RS256",
		jwk: map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": id,
			"n": base64url.EncodeToString(private.N.Bytes()), "e": base64url.EncodeToString(big.NewInt(int64(private.E)).Bytes()),
		},
		sign: func(text []byte) []byte {
			digest := sha256.Sum256(text)
			return must(rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:]))
		},
	}
}

// compact writes a token with the given header and claims, and a signature by whoever that is.
func compact(header, claims map[string]any, sign func(text []byte) []byte) string {
	text := base64url.EncodeToString(must(json.Marshal(header))) + "." + base64url.EncodeToString(must(json.Marshal(claims)))
	return text + "." + base64url.EncodeToString(sign([]byte(text)))
}

// jwks is the JWK Set of the keys.
func jwks(keys ...signer) []byte {
	set := []map[string]any{}
	for _, key := range keys {
		set = append(set, key.jwk)
	}
	return must(json.Marshal(map[string]any{"keys": set}))
}

// issuer is a Latchkey server as far as verifiers see it. What it does can be changed while it serves.
type issuer struct {
	url string
	now func() time.Time

	mu       sync.Mutex
	keys     []signer
	handler  http.HandlerFunc // instead of the keys, if not nil
	cache    string           // Cache-Control
	asked    int              // requests for keys
	unmoved  int              // those answered with 304
	inFlight chan struct{}    // if not nil, an answer waits until it is closed
}

func newIssuer(url string, keys ...signer) *issuer {
	return &issuer{url: url, now: time.Now, keys: keys, cache: "public, max-age=300"}
}

// startIssuer serves an issuer over HTTP until the test ends.
func startIssuer(t testing.TB, keys ...signer) *issuer {
	i := newIssuer("", keys...)
	server := httptest.NewServer(i)
	t.Cleanup(server.Close)
	i.url = server.URL
	return i
}

// change changes what the issuer does.
func (i *issuer) change(do func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	do()
}

func (i *issuer) counts() (asked, unmoved int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked, i.unmoved
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	i.asked++
	inFlight := i.inFlight
	i.mu.Unlock()
	if inFlight != nil {
		select {
		case <-inFlight:
		case <-r.Context().Done():
			return
		}
	}

	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.handler != nil:
		i.handler(w, r)
		return
	case r.URL.Path != "/.well-known/jwks.json":
		http.NotFound(w, r)
		return
	}
	body := jwks(i.keys...)
	digest := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(digest[:8]) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Cache-Control", i.cache)
	if r.Header.Get("If-None-Match") == etag {
		i.unmoved++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body) // a verifier that reads only the beginning of it is tested too
}

// RoundTrip answers without a network, which a test with a clock of its own (synctest) needs.
func (i *issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	i.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	response := recorder.Result()
	response.Request = r
	return response, nil
}

// claims are those of a good token, with changes: a nil value takes the claim away.
func (i *issuer) claims(changes map[string]any) map[string]any {
	now := i.now()
	claims := map[string]any{
		"iss": i.url, "sub": user, "aud": i.url, "client_id": "latchkey",
		"iat": now.Unix(), "exp": now.Add(15 * time.Minute).Unix(), "auth_time": now.Add(-time.Hour).Unix(),
		"jti": "0190a5c8-0000-7000-8000-000000000001", "sid": "0190a5c8-0000-7000-8000-000000000002",
		"roles": []string{"USER"}, "gen": 3,
	}
	return merge(claims, changes)
}

// token is a token by the key, good but for the changes of its header and claims.
func (i *issuer) token(key signer, header, claims map[string]any) string {
	good := map[string]any{"alg": key.algorithm, "typ": "at+jwt", "kid": key.id}
	return compact(merge(good, header), i.claims(claims), key.sign)
}

func merge(to, changes map[string]any) map[string]any {
	maps.Copy(to, changes)
	maps.DeleteFunc(to, func(_ string, value any) bool { return value == nil })
	return to
}

// newVerifier fills in the issuer, and keeps the log out of the test's output.
func newVerifier(t testing.TB, i *issuer, config verify.Config) *verify.Verifier {
	t.Helper()
	if config.Issuer == "" {
		config.Issuer = i.url
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	v, err := verify.New(config)
	if err != nil {
		t.Fatal(fmt.Errorf("a verifier for %s: %w", config.Issuer, err))
	}
	return v
}
