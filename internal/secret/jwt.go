package secret

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
)

// ErrJWTInvalid is returned for a text that is no JWT of ours: it is malformed, says something of
// itself that ours do not, or has no right signature by one of the keys.
var ErrJWTInvalid = errors.New("not a JWT of this server")

const (
	accessTokenType = "at+jwt" // RFC 9068
	jwtMaxLength    = 8 << 10  // bytes
)

// IsJWT reports whether a token has the form of a JWT rather than of a NewToken: three parts between
// dots. It says nothing of its worth.
func IsJWT(t Text) bool { return strings.Count(string(t), ".") == 2 }

// Sign returns the claims, which become JSON, as a signed access token: a JWT of type at+jwt (RFC 9068)
// in compact form. An error says that the claims are no JSON.
func (k *SigningKey) Sign(claims any) (Text, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign a JWT: encode the claims: %w", err)
	}
	signed, err := k.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign a JWT: %w", err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("sign a JWT: %w", err)
	}
	return Text(token), nil
}

// VerifyJWT returns the claims of an access token, as JSON, if it was signed by the one of the keys that
// it names, and ErrJWTInvalid otherwise. What the claims say is for the caller to judge, times too.
//
// It follows RFC 8725: the key decides about the algorithm, the type must be at+jwt, and a header may
// say nothing else than these and the key's id. So there is no "none", no public key taken for a
// secret, and no key or address of one that comes with the token.
func VerifyJWT(t Text, keys []*SigningKey) (claims []byte, err error) {
	if len(t) > jwtMaxLength {
		return nil, ErrJWTInvalid
	}
	id, err := jwtKeyID(t)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.ID != id {
			continue
		}
		signed, err := jose.ParseSignedCompact(t.Reveal(), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(k.Algorithm)})
		if err != nil {
			return nil, ErrJWTInvalid
		}
		if claims, err = signed.Verify(k.private.Public()); err != nil {
			return nil, ErrJWTInvalid
		}
		return claims, nil
	}
	return nil, ErrJWTInvalid
}

// jwtKeyID returns the id of the key that a JWT says it is signed by, if its header is like ours: alg,
// typ and kid, and nothing else. Each of the three parts must be written in the one canonical way: go-jose
// overlooks bits left over at the end, by which one token could be written in several ways.
func jwtKeyID(t Text) (string, error) {
	var decoded []byte
	parts := strings.Split(string(t), ".")
	for i := range parts {
		part, err := base64.RawURLEncoding.Strict().DecodeString(parts[len(parts)-1-i])
		if err != nil {
			return "", ErrJWTInvalid
		}
		decoded = part // of the first part, in the end
	}
	if len(parts) != 3 || strings.ContainsAny(string(t), "\r\n") {
		return "", ErrJWTInvalid
	}
	var header map[string]string
	if err := json.Unmarshal(decoded, &header); err != nil || len(header) != 3 || header["alg"] == "" || header["kid"] == "" {
		return "", ErrJWTInvalid
	}
	// Media types are compared without regard to case, and may be written out (RFC 7515 section 4.1.9).
	if typ := strings.TrimPrefix(strings.ToLower(header["typ"]), "application/"); typ != accessTokenType {
		return "", ErrJWTInvalid
	}
	return header["kid"], nil
}
