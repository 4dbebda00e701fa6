package verify

import "errors"

// The two kinds of errors of Verify. Compare with errors.Is.
var (
	// ErrInvalid is a token that is not accepted, now or ever: the caller has to get another one.
	ErrInvalid = errors.New("the access token is not valid")

	// ErrUnavailable is a token that nothing can be said about, because the issuer's keys cannot be
	// had: the caller should try again with the same token.
	ErrUnavailable = errors.New("the keys that verify access tokens cannot be had at the moment")
)

// refusal is an ErrInvalid with its reason, which is also the error_description of the middleware: a
// text of ours, in characters that RFC 6750 allows there, with nothing of the token in it.
type refusal string

const (
	errTooLong   refusal = "the access token is longer than 8 KiB"
	errMalformed refusal = "the access token is malformed"
	errType      refusal = "this is not an access token: its typ is not at+jwt"
	errAlgorithm refusal = "the access token is signed with an algorithm that is not accepted"
	errHeader    refusal = "the header of the access token has a member that is not accepted"
	errKey       refusal = "the access token is signed with a key that is not known"
	errSignature refusal = "the signature of the access token is wrong"
	errClaims    refusal = "the access token lacks a claim, or has one that is malformed"
	errIssuer    refusal = "the access token is from another issuer"
	errAudience  refusal = "the access token is for another audience"
	errExpired   refusal = "the access token has expired"
	errNotYet    refusal = "the access token is not valid yet"
	errLifetime  refusal = "the access token is made to live for too long"
)

func (r refusal) Error() string { return string(r) }

// Is makes every refusal an ErrInvalid.
func (r refusal) Is(target error) bool { return target == ErrInvalid }
