package auth

import (
	"context"
	"errors"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Delivery is how a client wants to carry its session.
type Delivery string

// The ways of delivery.
const (
	DeliveryBody   Delivery = "BODY"   // tokens are in the answer; also the zero Delivery
	DeliveryCookie Delivery = "COOKIE" // an opaque token in a cookie that no script can read
)

// SessionDelivery is how the end of a login gives the session to its client.
type SessionDelivery struct {
	Delivery Delivery
	// Replaces is the session token in the cookie that the new one takes the place of: its session
	// ends (ASVS 7.2.4). Empty: none, and none is replaced where there is no cookie to be set.
	Replaces secret.Text
	// Device is the token of a trusted device, which skips the second factor of the user who has it. Empty: none.
	Device secret.Text
}

// delivery is what a client is about to get, made before the transaction in which its session begins,
// so that nothing is read or made inside of it.
type delivery struct {
	SessionDelivery
	token   secret.Text        // of the session; where nobody is given it, nobody has it
	refresh secret.Text        // empty: none
	key     *secret.SigningKey // signs the access token; nil: it is the session's token
}

// prepare makes what a client is to get.
func (s *Service) prepare(ctx context.Context, h SessionDelivery) (*delivery, error) {
	made := &delivery{SessionDelivery: h, token: secret.NewToken(secret.SessionToken)}
	if h.Delivery == DeliveryCookie || s.config.AccessToken != AccessTokenJWT {
		return made, nil
	}
	made.refresh = secret.NewRefreshToken()
	var err error
	made.key, err = s.signer(ctx)
	return made, err
}

// store writes down what is kept of the tokens of a session that exists, and ends the one whose cookie
// is replaced.
func (d *delivery) store(ctx context.Context, tx *tx, session *Session) error {
	if d.refresh != "" {
		if err := tx.CreateRefreshChain(ctx, newRefreshChain(session.ID, d.refresh, tx.at)); err != nil {
			return err
		}
	}
	if d.Delivery != DeliveryCookie || d.Replaces == "" {
		return nil
	}
	old, user, err := tx.SessionByDigest(ctx, secret.Digest(d.Replaces))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch err := tx.EndSession(ctx, old.ID); {
	case errors.Is(err, ErrNotFound): // it ended at this moment
		return nil
	case err != nil:
		return err
	}
	return tx.audit(ctx, actLoggedOut, user.ID, old.ID)
}

// tokens returns what the client of the session gets.
func (d *delivery) tokens(s *Service, user *User, session *Session, now time.Time) (*Tokens, error) {
	tokens := &Tokens{ExpiresAt: session.ExpiresAt()}
	switch {
	case d.Delivery == DeliveryCookie:
		tokens.Cookie, tokens.CookieUntil = d.token, session.EndsAt
	case d.key == nil:
		tokens.AccessToken = d.token
	default:
		var err error
		if tokens.AccessToken, tokens.ExpiresAt, err = s.signAccessToken(d.key, user, session, now, forAll); err != nil {
			return nil, err
		}
		if d.refresh != "" {
			tokens.RefreshToken, tokens.RefreshExpiresAt = d.refresh, session.ExpiresAt()
		}
	}
	return tokens, nil
}
