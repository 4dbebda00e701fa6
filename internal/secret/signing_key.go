package secret

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/go-jose/go-jose/v4"
)

// Algorithm is how a JWT is signed (RFC 7518, RFC 8037). There is no other, and "none" is none.
type Algorithm string

// The algorithms.
const (
	EdDSA Algorithm = "EdDSA" // Ed25519
	ES256 Algorithm = "ES256" // ECDSA on P-256
	RS256 Algorithm = "RS256" // RSA, 3072 bits
)

const rsaBits = 3072 // 128 bits of strength (NIST SP 800-57)

// SigningKey is a private key that signs JWTs, and its public half. It prints as "[secret]".
type SigningKey struct {
	ID        string // the key's thumbprint (RFC 7638), and its kid in a JWT
	Algorithm Algorithm
	private   crypto.Signer
	signer    jose.Signer
}

// NewSigningKey returns a new key. An error says that there is no such algorithm.
func NewSigningKey(algorithm Algorithm) (*SigningKey, error) {
	var private crypto.Signer
	var err error
	switch algorithm {
	case EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	case ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RS256:
		private, err = rsa.GenerateKey(rand.Reader, rsaBits)
	default:
		return nil, fmt.Errorf("there is no algorithm %q: the algorithms are EdDSA, ES256 and RS256", algorithm)
	}
	if err != nil {
		return nil, fmt.Errorf("make a signing key: %w", err)
	}
	return newSigningKey(algorithm, private)
}

// signingKeyPurpose is what the key of sealed signing keys is derived for.
const signingKeyPurpose = "signing keys"

// Seal returns the private key encrypted under the server's key, as it may be stored.
func (k *SigningKey) Seal(key Key) ([]byte, error) {
	encoded, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("encode a signing key: %w", err)
	}
	return key.Seal(signingKeyPurpose, encoded, k.ID), nil
}

// OpenSigningKey returns the key of that id and algorithm which Seal encrypted, and ErrSealed if it was
// sealed under another key, or is another one.
func OpenSigningKey(key Key, id string, algorithm Algorithm, sealed []byte) (*SigningKey, error) {
	encoded, err := key.Open(signingKeyPurpose, sealed, id)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(encoded)
	if err != nil {
		return nil, ErrSealed // and nothing of the error, which may quote it
	}
	private, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, ErrSealed
	}
	opened, err := newSigningKey(algorithm, private)
	if err != nil || opened.ID != id {
		return nil, ErrSealed
	}
	return opened, nil
}

func newSigningKey(algorithm Algorithm, private crypto.Signer) (*SigningKey, error) {
	public := jose.JSONWebKey{Key: private.Public()}
	thumbprint, err := public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("name a signing key: %w", err)
	}
	k := &SigningKey{ID: base64.RawURLEncoding.EncodeToString(thumbprint), Algorithm: algorithm, private: private}
	k.signer, err = jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: jose.JSONWebKey{Key: private, KeyID: k.ID}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(accessTokenType)))
	if err != nil {
		return nil, fmt.Errorf("use a signing key: %w", err)
	}
	return k, nil
}

// PublicKeys returns the public halves of keys as a JWK Set (RFC 7517), in their order.
func PublicKeys(keys ...*SigningKey) ([]byte, error) {
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, k := range keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{
			Key: k.private.Public(), KeyID: k.ID, Algorithm: string(k.Algorithm), Use: "sig",
		})
	}
	document, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode public keys: %w", err)
	}
	return document, nil
}

// String implements fmt.Stringer.
func (*SigningKey) String() string { return redacted }

// GoString implements fmt.GoStringer.
func (*SigningKey) GoString() string { return redacted }

// Format implements fmt.Formatter: every verb prints the same.
func (*SigningKey) Format(state fmt.State, _ rune) { printRedacted(state) }

// MarshalText implements encoding.TextMarshaler, which encoding/json and encoding/xml use.
func (*SigningKey) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements slog.LogValuer.
func (*SigningKey) LogValue() slog.Value { return slog.StringValue(redacted) }
