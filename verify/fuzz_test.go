package verify_test

import (
	"crypto/elliptic"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/verify"
)

// FuzzVerify looks for a text that is accepted and was not signed, and for a panic. The keys are new in
// each run, so seeds that are kept have to be texts without a signature.
func FuzzVerify(f *testing.F) {
	keys := []signer{edSigner("ed"), ecSigner("es", ecKey(elliptic.P256())), rsaSigner("rs", rsaKey())}
	i := newIssuer(remote, keys...)
	v := newVerifier(f, i, verify.Config{Client: &http.Client{Transport: i}})

	var signed []string // header and claims
	for _, key := range keys {
		for _, header := range []object{nil, {"typ": "JWT"}, {"alg": "none"}, {"crit": []string{"b64"}}, {"jwk": key.jwk}, {"kid": "../x"}} {
			token := i.token(key, header, nil)
			f.Add(token)
			f.Add(token[:len(token)-3])
			f.Add(strings.Replace(token, ".", "", 1))
			f.Add(token + "\n")
			if header == nil {
				signed = append(signed, token[:strings.LastIndex(token, ".")])
			}
		}
	}
	for _, seed := range []string{
		"", ".", "..", "...", "e30.e30.e30", "bnVsbA.bnVsbA.AA", "W10.W10.AA", "{}.{}.{}",
		base64url.EncodeToString([]byte(strings.Repeat("[", 4000))) + ".e30.AA",
		base64url.EncodeToString([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`)) + ".e30.AA",
	} {
		f.Add(seed)
	}

	f.Fuzz(func(t *testing.T, token string) {
		claims, err := v.Verify(t.Context(), token)
		switch {
		case err == nil && (claims == nil || !slices.Contains(signed, token[:strings.LastIndex(token, ".")])):
			t.Fatal("a text that nobody signed is accepted")
		case err != nil && (claims != nil || !errors.Is(err, verify.ErrInvalid)):
			t.Fatalf("with the keys there, the error is %v and there are claims: %t", err, claims != nil)
		}
	})
}
