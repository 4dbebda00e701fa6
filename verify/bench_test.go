package verify_test

import (
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"github.com/latchkey-auth/latchkey/verify"
)

// BenchmarkVerify is what a request with a token costs once the keys are there.
func BenchmarkVerify(b *testing.B) {
	for _, key := range []signer{
		edSigner("first"),
		ecSigner("first", ecKey(elliptic.P256())),
		rsaSigner("first", must(rsa.GenerateKey(rand.Reader, 3072))), // as Latchkey has it
	} {
		b.Run(key.algorithm, func(b *testing.B) {
			issuer := startIssuer(b, key)
			v := newVerifier(b, issuer, verify.Config{})
			token := issuer.token(key, nil, nil)
			if _, err := v.Verify(b.Context(), token); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
