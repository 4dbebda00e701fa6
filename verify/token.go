package verify

import (
	"encoding/base64"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json" // case-sensitive, and refuses a member that comes twice
)

const (
	maxTokenLength = 8 << 10 // bytes
	maxLifetime    = time.Hour
)

// algorithms are those that tokens may be signed with: no "none", nothing symmetric. Which of them a
// token has to use, its key says.
var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256, jose.RS256}

// accessTokenTypes are the values of typ, in lower case (RFC 9068 section 4; RFC 7515 section 4.1.9).
var accessTokenTypes = []string{"at+jwt", "application/at+jwt"}

// refusedMembers of a header say where to find the key, which is not for the token to say (RFC 8725
// section 3.10), or change what the rest means (crit, b64).
var refusedMembers = []string{"jwk", "jku", "x5c", "x5u", "crit", "b64"}

// header is what counts in the header of a token. It is as trustworthy as its sender until the
// signature is verified.
type header struct {
	algorithm jose.SignatureAlgorithm
	keyID     string
}

// readHeader refuses what no key could make acceptable, so that it costs no fetch of keys.
func readHeader(token string) (header, error) {
	if len(token) > maxTokenLength {
		return header{}, errTooLong
	}
	raw, err := splitToken(token)
	if err != nil {
		return header{}, err
	}
	var members map[string]any
	if err := json.Unmarshal(raw, &members); err != nil {
		return header{}, errMalformed
	}

	for _, name := range refusedMembers {
		if _, found := members[name]; found {
			return header{}, errHeader
		}
	}
	typ, _ := members["typ"].(string)
	algorithm, _ := members["alg"].(string)
	keyID, _ := members["kid"].(string)
	switch {
	case !slices.Contains(accessTokenTypes, strings.ToLower(typ)):
		return header{}, errType
	case !slices.Contains(algorithms, jose.SignatureAlgorithm(algorithm)):
		return header{}, errAlgorithm
	case keyID == "":
		return header{}, errKey
	}
	return header{algorithm: jose.SignatureAlgorithm(algorithm), keyID: keyID}, nil
}

// splitToken returns the decoded header of a token that has three parts, each of them the one right
// way to write its bytes. Go's decoder overlooks line breaks and bits left over, and go-jose verifies
// what it has encoded anew; so without this, one token could be written in many ways, which lets it
// through a list of refused ones.
func splitToken(token string) ([]byte, error) {
	parts := strings.SplitN(token, ".", 4)
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") {
		return nil, errMalformed
	}
	var first []byte
	for i, part := range parts {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || len(raw) == 0 {
			return nil, errMalformed
		}
		if i == 0 {
			first = raw
		}
	}
	return first, nil
}

// verifySignature returns the payload of a token that was signed with the key, in the key's way.
func verifySignature(token string, head header, key publicKey) ([]byte, error) {
	if head.algorithm != key.algorithm {
		return nil, errAlgorithm
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{key.algorithm})
	if err != nil {
		return nil, errMalformed
	}
	payload, err := signed.Verify(key.key)
	if err != nil {
		return nil, errSignature
	}
	return payload, nil
}

// check compares verified claims with what is expected here.
func (v *Verifier) check(c *Claims) error {
	now := v.now()
	switch {
	case c.Issuer != v.issuer:
		return errIssuer
	case !slices.Contains(c.Audience, v.audience):
		return errAudience
	case !now.Before(c.ExpiresAt.Add(v.leeway)):
		return errExpired
	case c.IssuedAt.After(now.Add(v.leeway)), c.notBefore.After(now.Add(v.leeway)):
		return errNotYet
	case c.ExpiresAt.Sub(c.IssuedAt) > maxLifetime:
		return errLifetime
	}
	return nil
}
