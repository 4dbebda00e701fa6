package verify

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

const (
	maxKeys    = 64
	minRSABits = 2048
)

// publicKey is a key with the one algorithm that it is used with (RFC 8725 section 3.1).
type publicKey struct {
	algorithm jose.SignatureAlgorithm
	key       any // ed25519.PublicKey, *ecdsa.PublicKey on P-256 or *rsa.PublicKey
}

// readKeys returns the keys of a JWK Set (RFC 7517 section 5) by their ids. Those that cannot be used
// are passed over, as the RFC wants; of two with one id the first counts. A set without any usable key
// is an error: no server that signs tokens means that.
func readKeys(set []byte) (map[string]publicKey, error) {
	var parsed struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(set, &parsed); err != nil {
		return nil, errors.New("the answer is not a JWK Set")
	}
	if len(parsed.Keys) > maxKeys {
		return nil, fmt.Errorf("the answer has more than %d keys", maxKeys)
	}

	keys := map[string]publicKey{}
	for _, raw := range parsed.Keys {
		id, key, usable := readKey(raw)
		if _, taken := keys[id]; usable && !taken {
			keys[id] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the answer has no key that access tokens could be verified with")
	}
	return keys, nil
}

// readKey reads a JWK, and reports whether it is a public key to verify signatures with, that has an id.
func readKey(raw []byte) (id string, key publicKey, usable bool) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || !meantForUs(members) {
		return "", publicKey{}, false
	}
	var jwk jose.JSONWebKey
	if err := jwk.UnmarshalJSON(raw); err != nil {
		return "", publicKey{}, false
	}
	algorithm, strong := algorithmOf(jwk.Key)
	if !strong || jwk.KeyID == "" || (jwk.Algorithm != "" && jwk.Algorithm != string(algorithm)) {
		return "", publicKey{}, false
	}
	return jwk.KeyID, publicKey{algorithm: algorithm, key: jwk.Key}, true
}

// meantForUs reports whether a JWK is public, and meant to verify signatures (RFC 7517 sections 4.2
// and 4.3). A private key that is published is known to everybody.
func meantForUs(members map[string]json.RawMessage) bool {
	for _, private := range []string{"d", "k", "p", "q", "dp", "dq", "qi", "oth"} {
		if _, found := members[private]; found {
			return false
		}
	}
	if use, found := members["use"]; found && string(use) != `"sig"` {
		return false
	}
	if raw, found := members["key_ops"]; found {
		var operations []string
		return json.Unmarshal(raw, &operations) == nil && slices.Contains(operations, "verify")
	}
	return true
}

// algorithmOf returns the algorithm of a key, and whether that is one we know with a key as strong as
// it should be (RFC 7518 section 3.3).
func algorithmOf(key any) (algorithm jose.SignatureAlgorithm, strong bool) {
	switch key := key.(type) {
	case ed25519.PublicKey:
		return jose.EdDSA, true
	case *ecdsa.PublicKey:
		return jose.ES256, key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return jose.RS256, key.N.BitLen() >= minRSABits
	default:
		return "", false
	}
}
