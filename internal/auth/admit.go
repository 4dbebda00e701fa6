package auth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// grant gives whoever proved a credential what they came for, under the lock of the user.
type grant func(ctx context.Context, tx *tx, user *User, proof *proof) error

// admission is what a proof opens.
type admission struct {
	grant grant
	// challenge takes the place of the grant when the proof has fewer factors than the user needs. It begins no
	// session. Nil: the proof is made in a session, and whether that lacks a factor is asked at each request.
	challenge grant
	device    secret.Text // of a trusted device, which keeps from being challenged; empty: none
}

// admit is the one door to an account. It proves a credential, locks the user, looks whether the proof
// still holds, and grants. If the credential was replaced meanwhile it does all of it once more, and then
// returns errOvertaken. A proof with too few factors for its user is challenged instead, which gives back what
// an attempt held, because the proof was right; a trusted device skips that. Only a grant begins the counts of wrong codes anew; a refusal
// changes nothing here.
func (s *Service) admit(ctx context.Context, verb string, prove func(ctx context.Context) (*proof, error), admission admission) error {
	err := s.admitOnce(ctx, verb, prove, admission)
	if errors.Is(err, errOvertaken) {
		err = s.admitOnce(ctx, verb, prove, admission)
	}
	return err
}

func (s *Service) admitOnce(ctx context.Context, verb string, prove func(ctx context.Context) (*proof, error), admission admission) error {
	proof, err := prove(ctx)
	if err != nil {
		return err
	}
	err = s.do(ctx, verb, func(tx *tx) error {
		user, err := proof.locked(ctx, tx)
		if err != nil {
			return err
		}
		if err := proof.recheck(ctx, tx, user); err != nil {
			return err
		}
		proof := proof
		if admission.challenge != nil {
			deviceID, err := s.trustedDevice(ctx, tx, user, admission.device)
			if err != nil {
				return err
			}
			lacks := proof.factors < s.factorsNeeded(user)
			switch {
			case deviceID != uuid.Nil:
				proof = proof.onDevice(deviceID, lacks)
			case lacks:
				if err := admission.challenge(ctx, tx, user, proof); err != nil {
					return err
				}
				return proof.attempt.Settle(ctx, tx, tx.at)
			}
		}
		if err := admission.grant(ctx, tx, user, proof); err != nil {
			return err
		}
		if proof.forgives != nil {
			for _, key := range proof.forgives(user) {
				if err := tx.ForgetWrongCodes(ctx, key); err != nil {
					return err
				}
			}
		}
		return proof.attempt.Settle(ctx, tx, tx.at)
	})
	if err != nil {
		return err
	}
	proof.attempt.Done()
	return nil
}

// locked returns the user of the proof, locked.
func (p *proof) locked(ctx context.Context, tx *tx) (*User, error) {
	if p.lock != nil {
		return p.lock(ctx, tx)
	}
	user, err := tx.LockUser(ctx, p.userID)
	if errors.Is(err, ErrNotFound) {
		return nil, errOvertaken
	}
	return user, err
}

// admitToSession is admit for a login, which begins a session, or waits for a second factor.
func (s *Service) admitToSession(ctx context.Context, verb string, act Act, prove func(ctx context.Context) (*proof, error), delivery *delivery) (*Grant, error) {
	var granted *Grant
	err := s.admit(ctx, verb, prove, admission{
		device: delivery.Device,
		grant: func(ctx context.Context, tx *tx, user *User, proof *proof) error {
			user.LastLoginAt = tx.at
			if err := tx.UpdateUser(ctx, user); err != nil {
				return err
			}
			var err error
			granted, err = s.startSession(ctx, tx, user, act, proof, delivery)
			return err
		},
		challenge: func(ctx context.Context, tx *tx, user *User, proof *proof) error {
			challenge, err := s.challenge(ctx, tx, user, proof, delivery.Delivery)
			granted = &Grant{Challenge: challenge}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return granted, nil
}

// startSession starts a session for the user, from the client of the request, ends those that are over
// the limit, and enqueues a notice if the client is a new one. It belongs to admitToSession.
func (s *Service) startSession(ctx context.Context, tx *tx, user *User, act Act, proof *proof, delivery *delivery) (*Grant, error) {
	if err := s.makeRoom(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	grant, err := s.createSession(ctx, tx, user, act, newSession(tx, user, proof, delivery), delivery)
	if err != nil {
		return nil, err
	}
	if err := s.meetDevice(ctx, tx, user, grant.Session); err != nil {
		return nil, err
	}
	if err := s.rememberDevice(ctx, tx, user); err != nil {
		return nil, err
	}
	return grant, nil
}

// newSession returns a session of the user, from the client of the request.
func newSession(tx *tx, user *User, proof *proof, delivery *delivery) *Session {
	session := &Session{
		ID:              newID(),
		UserID:          user.ID,
		TokenDigest:     secret.Digest(delivery.token),
		Generation:      1,
		Methods:         proof.methods,
		Factors:         proof.factors,
		TrustedDeviceID: proof.deviceID,
		CreatedAt:       tx.at,
		LastSeenAt:      tx.at,
		AuthenticatedAt: proof.at(tx.at),
		EndsAt:          tx.at.Add(sessionAbsolute),
		IPAddress:       tx.request.address(),
		UserAgent:       tx.request.UserAgent,
	}
	if proof.factors > 1 {
		session.SecondFactorAt = session.AuthenticatedAt
	}
	return session
}

// createSession starts the session, and returns what its client gets. Only grants of admit come here.
func (s *Service) createSession(ctx context.Context, tx *tx, user *User, act Act, session *Session, delivery *delivery) (*Grant, error) {
	if err := tx.CreateSession(ctx, session); err != nil {
		return nil, err
	}
	if err := delivery.store(ctx, tx, session); err != nil {
		return nil, err
	}
	if err := tx.audit(ctx, act, user.ID, session.ID); err != nil {
		return nil, err
	}
	tokens, err := delivery.tokens(s, user, session, tx.at)
	if err != nil {
		return nil, err
	}
	return &Grant{User: user, Session: session, Tokens: tokens}, nil
}

// callerFor returns a caller for the one request that brings its own credential. Its session is kept
// nowhere and was proved at no time that counts: it is never fresh.
func callerFor(user *User, methods []Method, now time.Time) *Caller {
	return &Caller{User: user, Session: &Session{UserID: user.ID, Methods: methods, Factors: 1, CreatedAt: now, LastSeenAt: now, EndsAt: now}}
}
