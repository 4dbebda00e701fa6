package auth

import (
	"context"
	"encoding/hex"
	"slices"
)

// markedToken is how much of the digest of a used token stands before the mark of the client that used it.
const markedToken = 8

// rotationMark returns what the client of a request is known by in a chain after it used the token with this digest:
// the beginning of that, and a keyed digest of the client. The release before does not know of marks and leaves the
// one that is there when it rotates a chain, so a mark has to tell of which token it is.
func (s *Service) rotationMark(ctx context.Context, family, used []byte) []byte {
	request := RequestFrom(ctx)
	client := s.deviceMarks.Mark("refresh", hex.EncodeToString(family), deviceOf(request.address(), request.UserAgent))
	return slices.Concat(used[:markedToken], client[:])
}
