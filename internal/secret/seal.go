package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
)

// ErrSealed is returned for what does not open: it was sealed under another key or for something else,
// or was changed. Which of these it was, nobody can tell.
var ErrSealed = errors.New("it cannot be opened with this key")

// Seal encrypts plain for one purpose, bound to what it belongs to (AES-256-GCM, a random nonce in
// front). Only Open with the same key, purpose and binding gives it back.
func (k Key) Seal(purpose string, plain []byte, boundTo string) []byte {
	return seal(k.Derive(purpose), plain, boundTo)
}

// Open decrypts what Seal made, and returns ErrSealed for anything else.
func (k Key) Open(purpose string, sealed []byte, boundTo string) ([]byte, error) {
	return open(k.Derive(purpose), sealed, boundTo)
}

// Seal encrypts another token so that only who has this one can read it. Nobody else can, not even
// the server, which keeps t as a digest: t must be random, as all of NewToken's are.
func (t Text) Seal(purpose string, other Text) []byte {
	return seal(t.derive(purpose), []byte(other), purpose)
}

// Open decrypts what Seal made under the same token, and returns ErrSealed for anything else.
func (t Text) Open(purpose string, sealed []byte) (Text, error) {
	plain, err := open(t.derive(purpose), sealed, purpose)
	return Text(plain), err
}

// derive returns a key for one purpose (HKDF-SHA256), which tells nothing of the token's digest.
func (t Text) derive(purpose string) []byte {
	derived, err := hkdf.Key(sha256.New, []byte(t), nil, purpose, keyLength)
	if err != nil {
		panic("secret: derive a key: " + err.Error()) // only for a length that SHA-256 cannot give
	}
	return derived
}

func seal(key, plain []byte, boundTo string) []byte {
	return gcm(key).Seal(nil, nil, plain, []byte(boundTo)) //nolint:gosec // it makes its nonce by itself
}

func open(key, sealed []byte, boundTo string) ([]byte, error) {
	plain, err := gcm(key).Open(nil, nil, sealed, []byte(boundTo))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("secret: " + err.Error()) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("secret: " + err.Error()) // only for another cipher
	}
	return aead
}
