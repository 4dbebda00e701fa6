package secret

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// errNoES256Key says nothing of the text, which may be a key all the same.
var errNoES256Key = errors.New("not a private key on the curve P-256 in PEM (PKCS #8): it begins with -----BEGIN PRIVATE KEY-----")

// CheckES256Key returns nil if SignES256 can sign with a key.
func CheckES256Key(key Text) error {
	_, err := parseES256Key(key)
	return err
}

// SignES256 returns claims as a JWT that is signed by somebody else's key, in PEM, which they know by its id: what
// Apple wants in place of a client secret.
func SignES256(key Text, id string, claims any) (Text, error) {
	private, err := parseES256Key(key)
	if err != nil {
		return "", err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: private, KeyID: id}}, nil)
	if err != nil {
		return "", fmt.Errorf("use a private key: %w", err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign claims: %w", err)
	}
	token, err := signed.CompactSerialize()
	return Text(token), err
}

func parseES256Key(key Text) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return nil, errNoES256Key
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errNoES256Key
	}
	private, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || private.Curve.Params().BitSize != 256 {
		return nil, errNoES256Key
	}
	return private, nil
}
