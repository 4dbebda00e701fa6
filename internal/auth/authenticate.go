package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Why a token opens nothing. Whether a session ended, expired or never was is not told.
var (
	errTokenMalformed = &Error{Kind: Unauthenticated, Message: "The access token is malformed: part of it is missing or mistyped. Send it as the login returned it."}
	errSessionEnded   = &Error{Kind: Unauthenticated, Message: "The access token is not valid any more: its session has ended. Log in again."}
	errSessionUnknown = &Error{Kind: Unauthenticated, Message: errSessionEnded.Message} // the store has just said so
)

// Authenticate returns who has the session of this access token, opaque or JWT, whichever are given out
// now. It returns an Error of kind Unauthenticated if the token is not one of a session or has expired,
// or there is no such session any more, or it has expired, or its user is disabled, or has not confirmed
// the address and has to by now; any other error means that it could not be found out. The use of the session is written down at
// most once a minute.
func (s *Service) Authenticate(ctx context.Context, token secret.Text) (*Caller, error) {
	return forThisServer(s.authenticate(ctx, token, s.store))
}

// AuthorizeRead is Authenticate and Authorize for who is about to read only. It may not know yet what another
// replica has changed a moment ago, such as the end of the session (Store.RecentSessionByDigest); what this
// one has changed it knows. What may be old refuses no token: the token may be newer.
func (s *Service) AuthorizeRead(ctx context.Context, token secret.Text, need Requirement) (*Caller, error) {
	caller, err := forThisServer(s.authenticate(ctx, token, recentSessions{s.store, s.store}))
	if err == nil {
		err = s.Authorize(caller, need)
	}
	var refusal *Error
	if err == nil || !errors.As(err, &refusal) || refusal == errSessionUnknown {
		return caller, err
	}
	caller, err = s.Authenticate(ctx, token)
	if err == nil {
		err = s.Authorize(caller, need)
	}
	return caller, err
}

// AuthorizeWatch is Authenticate and Authorize for who is about to wait for what happens. That is no use of the session,
// which would otherwise last for as long as somebody waits.
func (s *Service) AuthorizeWatch(ctx context.Context, token secret.Text, need Requirement) (*Caller, error) {
	caller, err := forThisServer(s.recognize(ctx, token, s.store))
	if err != nil {
		return nil, err
	}
	return caller, s.Authorize(caller, need)
}

// forThisServer refuses who has a token that is for other services only.
func forThisServer(caller *Caller, err error) (*Caller, error) {
	if err == nil && caller.Token.OthersOnly {
		return nil, errJWTForOthers
	}
	return caller, err
}

// recentSessions reads sessions as they were a moment ago.
type recentSessions struct {
	sessionReader
	recent RecentSessionReader
}

// SessionByDigest is RecentSessionByDigest.
func (r recentSessions) SessionByDigest(ctx context.Context, digest []byte) (*Session, *User, error) {
	return r.recent.RecentSessionByDigest(ctx, digest)
}

// SessionByID is RecentSessionByID.
func (r recentSessions) SessionByID(ctx context.Context, id uuid.UUID) (*Session, *User, error) {
	return r.recent.RecentSessionByID(ctx, id)
}

// authenticate is Authenticate, also for tokens that are for other services only.
func (s *Service) authenticate(ctx context.Context, token secret.Text, from sessionReader) (*Caller, error) {
	caller, err := s.recognize(ctx, token, from)
	if err != nil {
		return nil, err
	}
	if now := s.now(); now.Sub(caller.Session.LastSeenAt) >= sessionTouch {
		if err := s.store.TouchSession(ctx, caller.Session.ID, now); err != nil {
			return nil, fmt.Errorf("authenticate: note use of session: %w", err)
		}
		caller.Session.LastSeenAt = now
		if !caller.Token.Fixed {
			caller.Token.ExpiresAt = caller.Session.ExpiresAt()
		}
	}
	return caller, nil
}

// recognize is authenticate without a note that the session was used.
func (s *Service) recognize(ctx context.Context, token secret.Text, from sessionReader) (*Caller, error) {
	session, user, facts, err := s.sessionOf(ctx, token, from)
	if err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}

	now := s.now()
	if facts != nil && !now.Before(facts.ExpiresAt) {
		return nil, errJWTExpired
	}
	if session.Expired(now) || user.Disabled() || !s.mayLogIn(user) {
		return nil, errSessionEnded
	}
	if session.Impersonated() {
		if err := s.checkImpersonation(ctx, session, user); err != nil {
			return nil, fmt.Errorf("authenticate: %w", err)
		}
	}
	if facts == nil {
		facts = &TokenFacts{IssuedAt: session.CreatedAt, ExpiresAt: session.ExpiresAt(), Audience: []string{s.config.Issuer}}
	}
	return &Caller{User: user, Session: session, Token: *facts}, nil
}

// sessionOf returns the session of an access token and its user, be they past their time or not; and
// what the token says of itself, which is nothing if it is opaque.
func (s *Service) sessionOf(ctx context.Context, token secret.Text, from sessionReader) (*Session, *User, *TokenFacts, error) {
	if secret.IsJWT(token) {
		return s.sessionOfJWT(ctx, token, from)
	}
	if IsChallenge(token) {
		return nil, nil, nil, errChallengeNoSession
	}
	if secret.CheckToken(secret.SessionToken, token) != nil {
		return nil, nil, nil, errTokenMalformed
	}
	session, user, err := from.SessionByDigest(ctx, secret.Digest(token))
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil, nil, errSessionUnknown
	case err != nil:
		return nil, nil, nil, fmt.Errorf("find session: %w", err)
	}
	return session, user, nil, nil
}

// Requirement is what a field asks of its caller beyond a session.
type Requirement struct {
	Role     Role
	Verified bool
	Fresh    bool
	Pending  bool // open also to a session that lacks a second factor, as to a login that waits for it
	// Impersonated: open also to an administrator who acts as the user.
	Impersonated bool
}

// Authorize returns nil if the caller meets the requirement, and otherwise an Error of kind
// SecondFactorRequired, Forbidden, EmailNotConfirmed or NotFresh. A nil caller meets none: Unauthenticated.
// Whether the role of the user needs a second factor is asked each time, because both may have changed.
func (s *Service) Authorize(caller *Caller, need Requirement) error {
	switch {
	case caller == nil:
		return ErrNotLoggedIn
	case caller.Session.Impersonated() && !need.Impersonated:
		return errImpersonated
	case !need.Pending && s.lacksFactor(caller.User, caller.Session):
		return errFactorRequired(caller.User)
	case !caller.User.Role.Includes(need.Role):
		return &Error{Kind: Forbidden, Message: fmt.Sprintf("This needs the role %s.", need.Role)}
	case need.Verified && !caller.User.EmailVerified():
		return &Error{Kind: EmailNotConfirmed, Message: "This needs a confirmed email address: open the link in the mail, or ask for it again."}
	case need.Fresh && !isFresh(caller.User, caller.Session, s.now()):
		return errNotFresh
	}
	return nil
}

var errNotFresh = &Error{Kind: NotFresh, Message: "This needs a credential proved within the last 10 minutes: reauthenticate, or log in again."}
