package verify_test

import (
	"bytes"
	"compress/gzip"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/latchkey-auth/latchkey/verify"
)

// TestAnswersThatAreNotTaken has a server that answers wrongly: nothing can be said about a token of its key.
func TestAnswersThatAreNotTaken(t *testing.T) {
	key := edSigner("first")
	set := jwks(key)
	many := make([]signer, 65)
	for n := range many {
		many[n] = edSigner(fmt.Sprint(n))
	}
	var strangers atomic.Int64
	stranger := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		strangers.Add(1)
		_, _ = w.Write(set)
	}))
	defer stranger.Close()
	send := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }
	}

	for name, handler := range map[string]http.HandlerFunc{
		"an error with keys": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(set)
		},
		"JWKS too large": send(`{"padding":"` + strings.Repeat("x", 256<<10) + `",` + string(set[1:])),
		"JWKS too large after decompression": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb(set))
		},
		"JWKS that does not end":              flood,
		"too many keys":                       send(string(jwks(append(many, key)...))),
		"a page":                              send("<html>"),
		"two sets":                            send(string(set) + string(set)),
		"a list":                              send("[" + string(set) + "]"),
		"304 to a question without ETag":      func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) },
		"redirect to another host":            func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, stranger.URL, http.StatusFound) },
		"redirect to itself, again and again": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path+"x", http.StatusFound) },
	} {
		t.Run(name, func(t *testing.T) {
			issuer := startIssuer(t, key)
			issuer.handler = handler
			v := newVerifier(t, issuer, verify.Config{})
			refusedAs(t, v, issuer.token(key, nil, nil), verify.ErrUnavailable)
			if asked, _ := issuer.counts(); asked > 4 {
				t.Errorf("the issuer was asked %d times", asked)
			}
		})
	}
	if n := strangers.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestARedirectWithinTheHostIsFollowed(t *testing.T) {
	key := edSigner("first")
	issuer := startIssuer(t, key)
	issuer.handler = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" {
			http.Redirect(w, r, "/keys", http.StatusFound)
			return
		}
		_, _ = w.Write(jwks(key))
	}
	accepted(t, newVerifier(t, issuer, verify.Config{}), issuer.token(key, nil, nil))
}

func TestARedirectFromHTTPSToHTTPIsNotFollowed(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		set := jwks(i.keys...)
		i.handler = func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Scheme == "https" {
				http.Redirect(w, r, "http://"+r.URL.Host+r.URL.Path, http.StatusFound)
				return
			}
			_, _ = w.Write(set)
		}
		refusedAs(t, v, i.token(i.keys[0], nil, nil), verify.ErrUnavailable)
		wantAsked(t, i, 1)
	})
}

// TestKeysThatAreNotUsed has a set with one good key and one that must not verify anything.
func TestKeysThatAreNotUsed(t *testing.T) {
	ed, rs, es := edSigner("bad"), rsaSigner("bad", rsaKey()), ecSigner("bad", ecKey(elliptic.P256()))
	changed := func(key signer, changes object) signer {
		jwk := merge(object{}, key.jwk)
		key.jwk = merge(jwk, changes)
		return key
	}
	secret := base64url.EncodeToString([]byte("a secret of at least 32 bytes ....."))

	for name, bad := range map[string]signer{
		"a short RSA key":                 rsaSigner("bad", must(rsa.GenerateKey(rand.Reader, 1024))),
		"a private key (d)":               changed(ed, object{"d": secret}),
		"a key with a symmetric part (k)": changed(ed, object{"k": secret}),
		"a symmetric key":                 {id: "bad", algorithm: "EdDSA", sign: ed.sign, jwk: object{"kty": "oct", "kid": "bad", "k": secret}},
		"for encryption":                  changed(ed, object{"use": "enc"}),
		"for signing only":                changed(ed, object{"key_ops": []string{"sign"}}),
		"with malformed key_ops":          changed(ed, object{"key_ops": "verify"}),
		"for another algorithm":           changed(rs, object{"alg": "PS256"}),
		"for the algorithm of another":    changed(es, object{"alg": "EdDSA"}),
		"on a curve of ES384":             changed(ecSigner("bad", ecKey(elliptic.P384())), object{"alg": nil}),
		"a point that is on no curve":     changed(es, object{"x": es.jwk["y"]}),
		"a curve that is unknown":         changed(ed, object{"crv": "Ed448"}),
		"a type that is unknown":          changed(ed, object{"kty": "lattice"}),
		"without an id":                   changed(ed, object{"kid": nil}),
		"second of two with one id":       changed(edSigner("good"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			good := edSigner("good")
			issuer := startIssuer(t, good, bad)
			v := newVerifier(t, issuer, verify.Config{})
			accepted(t, v, issuer.token(good, nil, nil))
			reason := "a key that is not known"
			if bad.id == good.id {
				reason = "signature"
			}
			_, err := v.Verify(t.Context(), issuer.token(bad, nil, nil))
			if !errors.Is(err, verify.ErrInvalid) || !strings.Contains(err.Error(), reason) {
				t.Errorf("got %v, want ErrInvalid that speaks of %q", err, reason)
			}
		})
	}

	t.Run("without use, key_ops and alg a key is as good", func(t *testing.T) {
		for _, key := range []signer{ed, rs, es} {
			bare := changed(key, object{"use": nil, "alg": nil})
			issuer := startIssuer(t, bare)
			accepted(t, newVerifier(t, issuer, verify.Config{}), issuer.token(bare, nil, nil))
		}
	})
	t.Run("key_ops with verify is as good", func(t *testing.T) {
		key := changed(ed, object{"key_ops": []string{"verify"}})
		issuer := startIssuer(t, key)
		accepted(t, newVerifier(t, issuer, verify.Config{}), issuer.token(key, nil, nil))
	})
	t.Run("something that is no object", func(t *testing.T) {
		issuer := startIssuer(t, ed)
		issuer.handler = func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(must(json.Marshal(object{"keys": []any{nil, 1, "key", []any{}, ed.jwk}})))
		}
		accepted(t, newVerifier(t, issuer, verify.Config{}), issuer.token(ed, nil, nil))
	})
}

// bomb is the set with a megabyte of blanks, which is little when it is compressed.
func bomb(set []byte) []byte {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	must(writer.Write(set))
	must(writer.Write(bytes.Repeat([]byte(" "), 1<<20)))
	must(0, writer.Close())
	return compressed.Bytes()
}

// flood writes blanks until the client has enough of it.
func flood(w http.ResponseWriter, _ *http.Request) {
	blanks := bytes.Repeat([]byte(" "), 1<<16)
	for {
		if _, err := w.Write(blanks); err != nil {
			return
		}
	}
}
