package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Purpose says what a one-time token or a mailed code is good for. The file of the feature that accepts
// it declares it with newPurpose.
type Purpose string

// purposeSpec is what holds for all tokens, or all codes, of a purpose.
type purposeSpec struct {
	lifetime time.Duration
	// token is the kind of its tokens; zero: what is mailed is a code.
	token secret.TokenKind
	// page is what the page of its links is for, in words for the operator who sets its URL.
	page string
	// act is what the right code does in the audit trail; empty: what is mailed is a token.
	act Act
}

// purposes are all purposes. newPurpose fills it.
var purposes = map[Purpose]purposeSpec{}

// newPurpose adds a purpose to the table and returns it.
func newPurpose(purpose Purpose, spec purposeSpec) Purpose {
	purposes[purpose] = spec
	return purpose
}

// Page returns what the page for links of this purpose does, as in "password reset".
func (p Purpose) Page() string { return purposes[p].page }

// OneTimeToken is the right to do one thing once, which only a reader of the mail of Email
// can have. It belongs to a user, or to a sign-up that is not one yet, and is deleted with it.
type OneTimeToken struct {
	Digest    []byte // SHA-256
	Purpose   Purpose
	UserID    uuid.UUID // uuid.Nil: none
	SignUpID  uuid.UUID // uuid.Nil: none
	EmailKey  string    // the address that it was mailed to
	CreatedAt time.Time
	ExpiresAt time.Time
}

// linksOfUnknown is how many links that do not work are written down of all clients together whose address is not
// known, as behind a Unix socket: they have no limit, because all of them together are not one client.
var linksOfUnknown = ratelimit.Rate{Count: 60, Period: time.Hour}

// loginsOfUnknown is how many logins that are refused are written down, by each replica, of all such clients together.
// Those of accounts count like those of made-up names: what is written down is the same work for both.
var loginsOfUnknown = ratelimit.Rate{Count: 600, Period: time.Hour}

// mayNoteUnknown reports whether a refusal of a client whose address is not known is written down. Where it is known, the
// limit of the act bounds how many there are, and they all are. Each replica counts by itself.
func (s *Service) mayNoteUnknown(ctx context.Context, act Act, rate ratelimit.Rate) bool {
	if RequestFrom(ctx).ClientIP.IsValid() {
		return true
	}
	return s.limits.CountHere(ratelimit.Use{Limit: "noted_refusal", By: "unknown clients", Subject: string(act), Rate: rate}) == nil
}

// noteInvalidLink writes down that an act was refused because of its link, which is unknown, used, expired or not for
// this caller, and returns why. The trail never has the token, nor whose it was. What is no token of the kind is a
// typing error and not written down; anyone can make the others up, so the limit of the act for each client address
// bounds how many there are, or linksOfUnknown if the address is not known.
func (s *Service) noteInvalidLink(ctx context.Context, act Act, kind secret.TokenKind, token secret.Text, sessionID uuid.UUID, why error) error {
	var problems Problems
	if !errors.As(why, &problems) || problems[0].Code != InvalidToken || secret.CheckToken(kind, token) != nil {
		return why
	}
	if !RequestFrom(ctx).ClientIP.IsValid() {
		_, err := s.limits.Begin(ctx, ratelimit.Use{
			Limit: "invalid_link", By: "unknown clients", Subject: string(act), Rate: linksOfUnknown, Quiet: true,
		})
		if _, exceeded := errors.AsType[*ratelimit.Exceeded](err); exceeded {
			return why
		}
		if err != nil {
			return err
		}
	}
	err := s.do(ctx, "note an invalid link", func(tx *tx) error {
		return tx.auditRefusal(ctx, act, problems, uuid.Nil, sessionID)
	})
	if err != nil {
		return err
	}
	return why
}

// ExpiredTokens are links that have expired.
var ExpiredTokens = newExpired("links", cleanupTask{order: 10})

// mint makes the token of a letter, whose digest is kept when the letter leaves. It
// works for the lifetime of its purpose, or until the time at which the token given ends, if that
// is sooner.
func (s *Service) mint(letter *Letter, token OneTimeToken) *Letter {
	now := s.now()
	letter.Token = secret.NewToken(purposes[token.Purpose].token)
	letter.At = now
	if end := now.Add(purposes[token.Purpose].lifetime); token.ExpiresAt.IsZero() || end.Before(token.ExpiresAt) {
		token.ExpiresAt = end
	}
	letter.ValidFor = token.ExpiresAt.Sub(now)
	token.Digest = secret.Digest(letter.Token)
	token.CreatedAt = now
	letter.mint = func(ctx context.Context) error { return s.store.CreateToken(ctx, &token) }
	return letter
}

// tokenReader finds one-time tokens by their digests.
type tokenReader interface {
	// TokenByDigest looks a token up without using it.
	TokenByDigest(ctx context.Context, purpose Purpose, digest []byte) (*OneTimeToken, error)
}

// tokenStore remembers one-time tokens by their digests.
type tokenStore interface {
	// TakeToken removes and returns the token: of two who take it at once, one gets ErrNotFound.
	TakeToken(ctx context.Context, purpose Purpose, digest []byte) (*OneTimeToken, error)
	// DeleteTokens removes all tokens of a user, the logins that wait for a second factor, the trusted devices, and the
	// change of address that waits, with its. It voids the codes that were mailed to them: their digests are deleted, the requests stay. What
	// undoes a change that was made stays.
	DeleteTokens(ctx context.Context, userID uuid.UUID) error
}
