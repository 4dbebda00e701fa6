package verify_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/verify"
)

type object = map[string]any

// TestAttacks sends each forgery that is known, by its name. Each differs in one thing from a token
// that is accepted, so it is refused for that.
func TestAttacks(t *testing.T) {
	ed, ec, rs := edSigner("ed"), ecKey(elliptic.P256()), rsaSigner("rs", rsaKey())
	es := ecSigner("es", ec)
	thief := edSigner("ed") // another key with the id of ours

	var lured atomic.Int64
	lure := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		lured.Add(1)
		_ = json.NewEncoder(w).Encode(object{"keys": []any{thief.jwk}})
	}))
	defer lure.Close()

	issuer := startIssuer(t, ed, es, rs)
	verifier := newVerifier(t, issuer, verify.Config{Audience: "https://api.example.com"})
	audience := object{"aud": "https://api.example.com"}
	with := func(changes object) object {
		changes["aud"] = audience["aud"]
		return changes
	}
	byThief := signer{id: "ed", algorithm: "EdDSA", sign: thief.sign}
	good := issuer.token(ed, nil, audience)
	body, signature := good[:strings.LastIndex(good, ".")], good[strings.LastIndex(good, ".")+1:]
	now := time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }

	hs256 := func(secret []byte) func([]byte) []byte {
		return func(text []byte) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write(text)
			return mac.Sum(nil)
		}
	}
	der := must(x509.MarshalPKIXPublicKey(&rsaKey().PublicKey))
	pemText := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	asHMAC := func(secret []byte) string {
		return compact(object{"alg": "HS256", "typ": "at+jwt", "kid": "rs"}, issuer.claims(audience), hs256(secret))
	}
	derSigned := func(text []byte) []byte {
		digest := sha256.Sum256(text)
		return must(ecdsa.SignASN1(rand.Reader, ec, digest[:]))
	}
	nothing := func([]byte) []byte { return nil }

	hollow := base64url.EncodeToString([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}`)) + "." + base64url.EncodeToString([]byte("null"))
	hollow += "." + base64url.EncodeToString(ed.sign([]byte(hollow)))

	// The last character of an Ed25519 signature has four bits that mean nothing, all zero.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, good[len(good)-1])
	otherSpelling := good[:len(good)-1] + string(alphabet[last+1])

	for _, attack := range []struct {
		name, token, reason string
	}{
		{"alg none", compact(object{"alg": "none", "typ": "at+jwt", "kid": "ed"}, issuer.claims(audience), nothing), "malformed"},
		{"alg none with a signature", issuer.token(ed, object{"alg": "none"}, audience), "algorithm"},
		{"alg nOnE with a signature", issuer.token(ed, object{"alg": "nOnE"}, audience), "algorithm"},
		{"no alg", issuer.token(ed, object{"alg": nil}, audience), "algorithm"},
		{"alg is a list", issuer.token(ed, object{"alg": []string{"EdDSA"}}, audience), "algorithm"},
		{"HS256 with the public key as PEM", asHMAC(pemText), "algorithm"},
		{"HS256 with the public key as PEM without its last line break", asHMAC(bytes.TrimSpace(pemText)), "algorithm"},
		{"HS256 with the public key as DER", asHMAC(der), "algorithm"},
		{"HS256 with the text of the JWK", asHMAC(must(json.Marshal(rs.jwk))), "algorithm"},
		{"HS256 with an empty secret", asHMAC(nil), "algorithm"},
		{"RS256 token with the kid of an EC key", issuer.token(rs, object{"kid": "es"}, audience), "algorithm"},
		{"RS256 token with the kid of an Ed25519 key", issuer.token(rs, object{"kid": "ed"}, audience), "algorithm"},
		{"PS256 with an RS256 key", issuer.token(rs, object{"alg": "PS256"}, audience), "algorithm"},
		{"RS512 with an RS256 key", issuer.token(rs, object{"alg": "RS512"}, audience), "algorithm"},
		{"ES256 with a DER signature", issuer.token(signer{id: "es", algorithm: "ES256", sign: derSigned}, nil, audience), "signature"},
		{"ES256 with a signature of zeros (psychic)", issuer.token(signer{id: "es", algorithm: "ES256", sign: func([]byte) []byte { return make([]byte, 64) }}, nil, audience), "signature"},
		{"signed by another key", issuer.token(byThief, nil, audience), "signature"},

		{"kid path traversal", issuer.token(ed, object{"kid": "../../../../dev/null"}, audience), "key"},
		{"kid SQL injection", issuer.token(ed, object{"kid": "x' UNION SELECT 'ed' --"}, audience), "key"},
		{"kid with a NUL", issuer.token(ed, object{"kid": "ed\x00"}, audience), "key"},
		{"kid in other letters", issuer.token(ed, object{"kid": "ED"}, audience), "key"},
		{"no kid", issuer.token(ed, object{"kid": nil}, audience), "key"},
		{"kid is a number", issuer.token(ed, object{"kid": 0}, audience), "key"},

		{"embedded jwk", issuer.token(byThief, object{"jwk": thief.jwk}, audience), "member"},
		{"embedded jwk without kid", issuer.token(byThief, object{"jwk": thief.jwk, "kid": nil}, audience), "member"},
		{"jku", issuer.token(byThief, object{"jku": lure.URL}, audience), "member"},
		{"x5u", issuer.token(byThief, object{"x5u": lure.URL}, audience), "member"},
		{"x5c", issuer.token(byThief, object{"x5c": []string{"MIIB"}}, audience), "member"},
		{"crit of something unknown", issuer.token(ed, object{"crit": []string{"latchkey"}, "latchkey": true}, audience), "member"},
		{"crit b64, which go-jose knows", issuer.token(ed, object{"crit": []string{"b64"}, "b64": true}, audience), "member"},
		{"empty crit", issuer.token(ed, object{"crit": []string{}}, audience), "member"},

		{"expired", issuer.token(ed, nil, with(object{"iat": at(-16 * time.Minute), "exp": at(-time.Minute)})), "expired"},
		{"without exp", issuer.token(ed, nil, with(object{"exp": nil})), "claim"},
		{"exp is text", issuer.token(ed, nil, with(object{"exp": "9999999999"})), "claim"},
		{"exp beyond all times", issuer.token(ed, nil, with(object{"exp": 1e300})), "claim"},
		{"exp in the year 146 billion", issuer.token(ed, nil, with(object{"exp": int64(1) << 61})), "live"},
		{"made to live for a day", issuer.token(ed, nil, with(object{"exp": at(24 * time.Hour)})), "live"},
		{"not yet valid (nbf)", issuer.token(ed, nil, with(object{"nbf": at(2 * time.Minute)})), "not valid yet"},
		{"issued in the future (iat)", issuer.token(ed, nil, with(object{"iat": at(2 * time.Minute)})), "not valid yet"},
		{"without iat", issuer.token(ed, nil, with(object{"iat": nil})), "claim"},

		{"wrong aud", issuer.token(ed, nil, object{"aud": "https://other.example.com"}), "audience"},
		{"aud that only begins like ours", issuer.token(ed, nil, object{"aud": "https://api.example.com.evil.example"}), "audience"},
		{"aud with a slash more", issuer.token(ed, nil, object{"aud": "https://api.example.com/"}), "audience"},
		{"empty list of aud", issuer.token(ed, nil, object{"aud": []string{}}), "audience"},
		{"aud is an object", issuer.token(ed, nil, object{"aud": object{"https://api.example.com": true}}), "claim"},
		{"without aud", issuer.token(ed, nil, object{"aud": nil}), "audience"},
		{"wrong iss", issuer.token(ed, nil, with(object{"iss": lure.URL})), "issuer"},
		{"iss with a slash more", issuer.token(ed, nil, with(object{"iss": issuer.url + "/"})), "issuer"},
		{"without iss", issuer.token(ed, nil, with(object{"iss": nil})), "issuer"},
		{"without sub", issuer.token(ed, nil, with(object{"sub": nil})), "claim"},
		{"sub is a number", issuer.token(ed, nil, with(object{"sub": 1})), "claim"},
		{"roles is text", issuer.token(ed, nil, with(object{"roles": "OWNER"})), "claim"},
		{"email_verified is text", issuer.token(ed, nil, with(object{"email_verified": "true"})), "claim"},
		{"claims are no object", hollow, "claim"},
		{"empty sub", issuer.token(ed, nil, with(object{"sub": ""})), "claim"},

		{"wrong typ JWT", issuer.token(ed, object{"typ": "JWT"}, audience), "typ"},
		{"missing typ", issuer.token(ed, object{"typ": nil}, audience), "typ"},
		{"ID token", issuer.token(ed, object{"typ": "JWT"}, with(object{"nonce": "n-0S6_WzA2Mj", "at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})), "typ"},
		{"logout token", issuer.token(ed, object{"typ": "logout+jwt"}, audience), "typ"},

		{"empty", "", "malformed"},
		{"truncated by a character", good[:len(good)-1], "malformed"},
		{"truncated by a byte of the signature", body + "." + signature[:len(signature)-6], "signature"},
		{"truncated in the claims", body[:len(body)-8], "malformed"},
		{"signature stripped", body + ".", "malformed"},
		{"signature and its dot stripped", body, "malformed"},
		{"four parts", good + "." + signature, "malformed"},
		{"five parts, as of a JWE", good + ".." + signature, "malformed"},
		{"JWS as JSON", `{"payload":"` + strings.Split(good, ".")[1] + `","protected":"` + strings.Split(good, ".")[0] + `","signature":"` + signature + `"}`, "malformed"},
		{"claims changed", strings.Split(good, ".")[0] + "." + strings.Split(issuer.token(ed, nil, with(object{"roles": []string{"OWNER"}})), ".")[1] + "." + signature, "signature"},
		{"a member of the header twice", base64url.EncodeToString([]byte(`{"alg":"EdDSA","kid":"ed","typ":"JWT","typ":"at+jwt"}`)) + good[strings.Index(good, "."):], "malformed"},
		{"a line break in it", good[:10] + "\n" + good[10:], "malformed"},
		{"another spelling of the same signature", otherSpelling, "malformed"},
		{"padded", good + "==", "malformed"},
		{"oversized", issuer.token(ed, nil, with(object{"padding": strings.Repeat("x", 8<<10)})), "8 KiB"},
		{"oversized, of dots", strings.Repeat(".", 1<<20), "8 KiB"},
	} {
		t.Run(attack.name, func(t *testing.T) {
			claims, err := verifier.Verify(t.Context(), attack.token)
			if claims != nil || !errors.Is(err, verify.ErrInvalid) || errors.Is(err, verify.ErrUnavailable) {
				t.Fatalf("got claims %v and error %v, want ErrInvalid", claims != nil, err)
			}
			if !strings.Contains(err.Error(), attack.reason) {
				t.Errorf("refused because %q, want the reason to speak of %q", err, attack.reason)
			}
		})
	}

	t.Run("the token that all of these differ from is good", func(t *testing.T) {
		for _, key := range []signer{ed, es, rs} {
			if _, err := verifier.Verify(t.Context(), issuer.token(key, nil, audience)); err != nil {
				t.Errorf("%s: %v", key.algorithm, err)
			}
		}
	})
	t.Run("no address from a token is asked", func(t *testing.T) {
		if n := lured.Load(); n > 0 {
			t.Errorf("the address was asked %d times", n)
		}
	})
}
