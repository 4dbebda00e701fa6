package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// refreshGrace is for how long a refresh token that was used returns the same successor again to the client that
// used it, as long as that was not used itself: two tabs of one client refresh at once, and answers get lost
// (RFC 9700 section 4.14.2). It is 10 seconds for that, and 20 more because of two replicas one clock may be ahead
// and the other behind.
const refreshGrace = 10*time.Second + 2*clockLeeway

// successorPurpose is what the next refresh token is sealed for under the one before.
const successorPurpose = "refresh token successor"

// actRefreshReused is always a refusal. A refresh that succeeds is not written down: it happens every 15
// minutes and proves nothing new.
var actRefreshReused = newAct("refresh_token_reused", "A refresh token was used a second time, late or by another client, so its session was ended.", InvalidRefreshToken)

// limitRefreshSession is far more often than all tabs of a client refresh. Only who has a token of the session uses
// it up.
var limitRefreshSession = newLimit("refresh_session", "Refreshes of a session. As the account counts the session.", perAccount(120, time.Minute))

// jobSessionStolen is to tell a user that a session was ended because its refresh token was reused: UserID.
var jobSessionStolen = newJob("session_stolen", notice(LetterSessionStolen))

// LetterSessionStolen tells of it.
var LetterSessionStolen = newLetter("session_stolen", LetterSpec{order: 80})

// RefreshChain is the refresh tokens of a session, of which one is good at a time. All of them share
// their family, so one that was used long ago is known as one of the chain, though of all but the last two nothing is kept.
type RefreshChain struct {
	SessionID uuid.UUID
	Family    []byte // SHA-256 of what its tokens share
	Digest    []byte // of the token that is good
	Previous  []byte // digest of the one before it; nil: none
	Sealed    []byte // the token that is good, readable by who has the one before; nil: none
	RotatedAt time.Time
	RotatedBy []byte // rotationFingerprint of the client that used the one before; of another token: it is not known
}

// refreshReader finds the chains of refresh tokens.
type refreshReader interface {
	// RefreshChain returns the chain of a family with its session and user, in one round trip.
	RefreshChain(ctx context.Context, family []byte) (*RefreshChain, *Session, *User, error)
}

// refreshStore remembers the chains of refresh tokens. A chain is deleted with its session, and when that is
// renewed.
type refreshStore interface {
	CreateRefreshChain(ctx context.Context, c *RefreshChain) error
}

func newRefreshChain(sessionID uuid.UUID, token secret.Text, now time.Time) *RefreshChain {
	family, err := secret.RefreshFamily(token)
	if err != nil {
		panic("auth: " + err.Error()) // it was made a moment ago
	}
	return &RefreshChain{SessionID: sessionID, Family: family, Digest: secret.Digest(token), RotatedAt: now}
}

// RefreshInput is what a session is refreshed by: a refresh token or, without one, the opaque token of
// a session, such as a cookie carries.
type RefreshInput struct {
	RefreshToken *secret.Text // nil: left out
	SessionToken secret.Text  // empty: none
}

// errRefreshInvalid is the one answer for a refresh token that is unknown, used, or of a session that
// has ended: telling them apart would tell a thief what is known of the theft.
var errRefreshInvalid = Problems{problem(InvalidRefreshToken, "refreshToken", "This does not refresh a session any more: it was used already, or its session has ended. Log in again.")}

// RefreshSession returns new tokens of a session. Problems: REFRESH_TOKEN_INVALID. An Error of kind
// SecondFactorRequired, which uses nothing up, if the user needs a second factor by now that was not proved. An
// Error of kind RateLimited when the session was refreshed too often.
//
// A refresh token works once and gets an access token and the next refresh token. For 30 s, until that
// is used, it gets the same one again, from the client that used it: from the same network, by the same kind of
// device. Later, or from another client, another party must have it, or have had it: the session ends, and its
// user is told. A session's opaque token gets an access token where those are
// JWTs, and otherwise only the time at which the session ends.
func (s *Service) RefreshSession(ctx context.Context, in RefreshInput) (*Grant, error) {
	var grant *Grant
	var err error
	if in.RefreshToken != nil {
		grant, err = s.refresh(ctx, *in.RefreshToken)
	} else {
		grant, err = s.refreshByToken(ctx, in.SessionToken)
	}
	if err != nil {
		return nil, fmt.Errorf("refresh session: %w", err)
	}
	return grant, nil
}

// refreshTries is how often a refresh looks again after another one of the same token was quicker.
const refreshTries = 3

func (s *Service) refresh(ctx context.Context, token secret.Text) (*Grant, error) {
	family, err := secret.RefreshFamily(token)
	if err != nil {
		return nil, errRefreshInvalid
	}
	for try := range refreshTries {
		chain, session, user, err := s.store.RefreshChain(ctx, family)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil, errRefreshInvalid
		case err != nil:
			return nil, fmt.Errorf("find refresh token: %w", err)
		case session.Expired(s.now()) || user.Disabled() || !s.mayLogIn(user):
			return nil, errRefreshInvalid
		case s.lacksFactor(user, session): // the token stays good
			return nil, errFactorRequired(user)
		}

		// Before the token is used up, so that what fails here costs the client nothing.
		if try == 0 {
			if err := s.limit(ctx, limitRefreshSession, "", limitedSession(session.ID)); err != nil {
				return nil, err
			}
		}
		key, err := s.signer(ctx)
		if err != nil {
			return nil, err
		}
		next, err := s.successor(ctx, chain, session, token)
		switch {
		case errors.Is(err, errOvertaken):
			continue
		case errors.Is(err, errReused):
			return nil, s.endStolen(ctx, session, user)
		case err != nil:
			return nil, err
		}
		delivery := &delivery{refresh: next, key: key}
		tokens, err := delivery.tokens(s, user, session, s.now())
		if err != nil {
			return nil, err
		}
		return &Grant{User: user, Session: session, Tokens: tokens}, nil
	}
	return nil, errRefreshInvalid
}

// errReused is returned for a refresh token whose time is over.
var errReused = errors.New("the refresh token was used before")

// successor returns the token after the given one: a new one if that is good, the same again if that
// was used a moment ago. errOvertaken if another request used it at this moment, errReused if it was used
// before.
func (s *Service) successor(ctx context.Context, chain *RefreshChain, session *Session, token secret.Text) (secret.Text, error) {
	now, digest := s.now(), secret.Digest(token)
	if bytes.Equal(digest, chain.Previous) {
		return s.sameSuccessor(ctx, chain, token)
	}
	if !bytes.Equal(digest, chain.Digest) {
		return "", errReused
	}

	next, err := secret.NextRefreshToken(token)
	if err != nil {
		return "", err
	}
	rotated := &RefreshChain{
		SessionID: session.ID, Family: chain.Family, Digest: secret.Digest(next),
		Previous: digest, Sealed: token.Seal(successorPurpose, next), RotatedAt: now, RotatedBy: s.rotationFingerprint(ctx, chain.Family, digest),
	}
	// As with every other use of a session. Each rotation would tell a copy of its tokens when to replay them.
	seen := session.LastSeenAt
	if now.Sub(seen) >= sessionTouch {
		seen = now
	}
	err = s.store.RotateRefreshChain(ctx, rotated, seen)
	if errors.Is(err, ErrNotFound) {
		return "", errOvertaken
	}
	if err != nil {
		return "", fmt.Errorf("rotate refresh token: %w", err)
	}
	session.LastSeenAt = seen
	return next, nil
}

// sameSuccessor returns the token that took the place of the given one, if that was a moment ago and by the same
// client. errReused if it is too long ago, or from another client: if whoever used the token first has copied it,
// only the end of the session stops them. And errRefreshInvalid, which ends nothing, if the clock says that it
// has not happened yet, because it was set back, or if the clean-up was quicker.
func (s *Service) sameSuccessor(ctx context.Context, chain *RefreshChain, token secret.Text) (secret.Text, error) {
	switch ago := s.now().Sub(chain.RotatedAt); {
	case s.isOtherClient(ctx, chain), ago >= refreshGrace:
		return "", errReused
	case ago < -clockLeeway || len(chain.Sealed) == 0:
		return "", errRefreshInvalid
	}
	next, err := token.Open(successorPurpose, chain.Sealed)
	if err != nil {
		return "", fmt.Errorf("open the successor of a refresh token: %w", err)
	}
	return next, nil
}

// isOtherClient reports whether it is known that another client than that of the request has used the token before
// the good one, which the chain must have. A fingerprint that is of another token says nothing.
func (s *Service) isOtherClient(ctx context.Context, chain *RefreshChain) bool {
	if !bytes.HasPrefix(chain.RotatedBy, chain.Previous[:fingerprintedToken]) {
		return false
	}
	return !bytes.Equal(chain.RotatedBy, s.rotationFingerprint(ctx, chain.Family, chain.Previous))
}

// endStolen ends a session one of whose refresh tokens was used again: there is a copy, and the client
// and a thief cannot be told apart. It is done although the call fails.
func (s *Service) endStolen(ctx context.Context, session *Session, user *User) error {
	err := s.do(ctx, "end a session whose refresh token was used again", func(tx *tx) error {
		switch err := tx.EndSession(ctx, session.ID); {
		case errors.Is(err, ErrNotFound): // it has ended already
			return nil
		case err != nil:
			return err
		}
		if err := tx.auditRefusal(ctx, actRefreshReused, errRefreshInvalid, user.ID, session.ID); err != nil {
			return err
		}
		return tx.enqueue(ctx, OutboxItem{Job: jobSessionStolen, UserID: user.ID, Recipient: user.Email.Canonical})
	})
	if err != nil {
		return err
	}
	return errRefreshInvalid
}

// refreshByToken returns an access token to who has the opaque token of a session, for other services
// alone: here it opens nothing. Else a script that gets it by a cookie it cannot read would have the
// account with it, and so would each service that it is sent to.
func (s *Service) refreshByToken(ctx context.Context, token secret.Text) (*Grant, error) {
	if secret.CheckToken(secret.SessionToken, token) != nil {
		return nil, errRefreshInvalid // a JWT among them, which must not prolong itself
	}
	caller, err := s.Authenticate(ctx, token)
	if isUnauthenticated(err) {
		return nil, errRefreshInvalid
	}
	if err != nil {
		return nil, err
	}
	if err := s.limit(ctx, limitRefreshSession, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, err
	}
	if caller.Session.Impersonated() {
		return nil, errRefreshInvalid // it ends when it ends
	}
	if s.lacksFactor(caller.User, caller.Session) {
		return nil, errFactorRequired(caller.User)
	}
	grant := &Grant{User: caller.User, Session: caller.Session, Tokens: &Tokens{ExpiresAt: caller.Session.ExpiresAt()}}
	if s.config.AccessToken != AccessTokenJWT {
		return grant, nil
	}
	key, err := s.signer(ctx)
	if err != nil {
		return nil, err
	}
	grant.Tokens.AccessToken, grant.Tokens.ExpiresAt, err = s.signAccessToken(key, caller.User, caller.Session, s.now(), forOthers)
	return grant, err
}

// Refresh tokens expire that were sealed too long ago to be returned again. Only what is sealed
// is removed.
var _ = newExpired("sealed refresh tokens", cleanupTask{order: 20, remove: (*Service).forgetSuccessors})

// forgetSuccessors removes sealed refresh tokens that may not be opened any more, by the clock of any replica.
func (s *Service) forgetSuccessors(ctx context.Context) (int, error) {
	return s.store.ForgetSuccessors(ctx, s.now().Add(-refreshGrace-2*clockLeeway), cleanUpBatch)
}
