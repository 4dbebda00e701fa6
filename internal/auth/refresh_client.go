package auth

import (
	"context"
	"encoding/hex"
	"slices"
)

// fingerprintedToken is how much of the digest of a used token stands before the fingerprint of the client that used it.
const fingerprintedToken = 8

// rotationFingerprint returns what the client of a request is known by in a chain after it used the token with this digest:
// the beginning of that, and a keyed digest of the client. The release before does not know of fingerprints and leaves the
// one that is there when it rotates a chain, so a fingerprint has to tell of which token it is.
func (s *Service) rotationFingerprint(ctx context.Context, family, used []byte) []byte {
	request := RequestFrom(ctx)
	client := s.deviceKey.Fingerprint("refresh", hex.EncodeToString(family), deviceOf(request.address(), request.UserAgent))
	return slices.Concat(used[:fingerprintedToken], client[:])
}
