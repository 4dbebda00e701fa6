package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// DefaultMaxSessionsPerUser is how many sessions a user has at once at the most, unless the operator
// says otherwise.
const DefaultMaxSessionsPerUser = 100

// What is done to sessions.
var (
	actLoggedIn = newAct("logged_in", "A user signed in with a password, or by a sign-up that needs no confirmation.",
		outcomeOK, InvalidCredentials, AccountDisabled, outcomeLimited)
	actLoggedOut      = newAct("logged_out", "A session was ended by signing out, or by signing in anew in the same browser.")
	actSessionRevoked = newAct("session_revoked", "A signed-in user ended one of the account's sessions.")
	actSessionsEnded  = newAct("sessions_ended", "A signed-in user signed out everywhere.")
	actSessionEvicted = newAct("session_over_limit", "A session was ended because a newer one exceeded the limit for the account.")
)

// limitLogout bounds what a session ends. It counts as the account the session: who has stolen one cannot use up
// what the owner's other ones have.
var limitLogout = newLimit("logout", "Ends of sessions, one or all, by a signed-in user. As the account counts the session that asks for it.", perAccount(60, time.Minute))

// Expired reports whether the session has ended by itself.
func (s *Session) Expired(now time.Time) bool { return !now.Before(s.ExpiresAt()) }

// Sessions returns the living sessions of the caller: the one that asks first, then those that were
// last seen first.
func (s *Service) Sessions(ctx context.Context, caller *Caller) ([]*Session, error) {
	living, err := living(ctx, s.store, caller.User.ID, s.now())
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	slices.SortStableFunc(living, func(a, b *Session) int {
		switch caller.Session.ID {
		case a.ID:
			return -1
		case b.ID:
			return 1
		}
		return 0
	})
	return living, nil
}

// RevokeSession ends a session of the caller, be it the one that asks, and returns it. Problems:
// NOT_FOUND for an id that no living session of the caller has, even if another user's has it. An Error of kind
// RateLimited when it was done too often.
func (s *Service) RevokeSession(ctx context.Context, caller *Caller, id uuid.UUID) (*Session, error) {
	if err := s.limit(ctx, limitLogout, "", limitedSession(caller.Session.ID)); err != nil {
		return nil, fmt.Errorf("revoke session: %w", err)
	}
	var revoked *Session
	err := s.do(ctx, "revoke session", func(tx *tx) error {
		living, err := living(ctx, tx, caller.User.ID, tx.at)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(living, func(session *Session) bool { return session.ID == id })
		if at < 0 {
			return errNoSuchSession
		}
		revoked = living[at]
		switch err := tx.EndSession(ctx, id); {
		case errors.Is(err, ErrNotFound):
			return errNoSuchSession
		case err != nil:
			return err
		}
		return tx.audit(ctx, actSessionRevoked, caller.User.ID, id)
	})
	if err != nil {
		return nil, err
	}
	return revoked, nil
}

var errNoSuchSession = Problems{problem(NotFound, "id", "None of your sessions has this id. Perhaps it has ended already.")}

// LogoutAll ends all sessions of the caller, except the one that asks if keepCurrent says so, and
// returns how many living ones there were. The logins that wait end too, and no device is trusted any more. An Error of kind RateLimited when it was done too often. Nothing is
// written down if there were none.
func (s *Service) LogoutAll(ctx context.Context, caller *Caller, keepCurrent bool) (ended int, err error) {
	if err := s.limit(ctx, limitLogout, "", limitedSession(caller.Session.ID)); err != nil {
		return 0, fmt.Errorf("log out everywhere: %w", err)
	}
	except := uuid.Nil
	if keepCurrent {
		except = caller.Session.ID
	}
	err = s.do(ctx, "log out everywhere", func(tx *tx) error {
		if _, err := tx.LockUser(ctx, caller.User.ID); errors.Is(err, ErrNotFound) {
			return errSessionEnded
		} else if err != nil {
			return err
		}
		if ended, err = endSessions(ctx, tx, caller.User.ID, except); err != nil {
			return err
		}
		if err := tx.DeleteLoginChallenges(ctx, caller.User.ID); err != nil {
			return err
		}
		if err := tx.DeleteTrustedDevices(ctx, caller.User.ID); err != nil || ended == 0 {
			return err
		}
		return tx.audit(ctx, actSessionsEnded, caller.User.ID, caller.Session.ID)
	})
	if err != nil {
		return 0, err
	}
	return ended, nil
}

// endSessions ends all sessions of a user but the one given, and returns how many of them had not
// ended by themselves. The caller holds the lock of the user.
func endSessions(ctx context.Context, tx *tx, userID, except uuid.UUID) (int, error) {
	living, err := living(ctx, tx, userID, tx.at)
	if err != nil {
		return 0, err
	}
	living = slices.DeleteFunc(living, func(session *Session) bool { return session.ID == except })
	_, err = tx.EndSessions(ctx, userID, except)
	return len(living), err
}

// makeRoom ends sessions of a user, those unused longest, until one more may begin. The caller holds
// the lock of the user, so that any number of logins at once leave no more than there may be.
func (s *Service) makeRoom(ctx context.Context, tx *tx, userID uuid.UUID) error {
	living, err := living(ctx, tx, userID, tx.at)
	if err != nil {
		return err
	}
	living = slices.DeleteFunc(living, (*Session).Impersonated) // they take nothing from the user, and end soon
	for len(living) >= s.config.MaxSessionsPerUser {
		last := len(living) - 1
		switch err := tx.EndSession(ctx, living[last].ID); {
		case errors.Is(err, ErrNotFound): // its owner ended it at this moment
		case err != nil:
			return err
		default:
			if err := tx.audit(ctx, actSessionEvicted, userID, living[last].ID); err != nil {
				return err
			}
		}
		living = living[:last]
	}
	return nil
}

// living returns the sessions of a user that have not expired, the last seen first.
func living(ctx context.Context, store sessionReader, userID uuid.UUID, now time.Time) ([]*Session, error) {
	sessions, err := store.Sessions(ctx, userID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(sessions, func(session *Session) bool { return session.Expired(now) }), nil
}
