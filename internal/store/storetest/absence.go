package storetest

import (
	"context"
	"io"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
)

// transacted are the calls that make or need a transaction of their own.
var transacted = map[string]func(ctx context.Context, s auth.Store) error{
	"InTx": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(auth.Tx) error { return nil })
	},
	"LockUser": func(ctx context.Context, s auth.Store) error {
		return s.InTx(ctx, func(tx auth.Tx) error { _, err := tx.LockUser(ctx, newID()); return err })
	},
}

// newCalls adds calls of the methods of a feature to everything. The file of the feature calls it.
func newCalls(calls map[string]func(ctx context.Context, s rows) error) int {
	for method, call := range calls {
		if everything[method] != nil {
			panic("storetest: two calls of " + method)
		}
		everything[method] = call
	}
	return len(calls)
}

// everything is one call of each other method, each about somebody who is not there, or nothing. newCalls adds to it.
var everything = map[string]func(ctx context.Context, s rows) error{
	"Ping":           func(ctx context.Context, s rows) error { return s.Ping(ctx) },
	"CreateUser":     func(ctx context.Context, s rows) error { return s.CreateUser(ctx, newUser()) },
	"UserByID":       func(ctx context.Context, s rows) error { _, err := s.UserByID(ctx, newID()); return err },
	"UserByEmail":    func(ctx context.Context, s rows) error { _, err := s.UserByEmail(ctx, "nobody"); return err },
	"UserByUsername": func(ctx context.Context, s rows) error { _, err := s.UserByUsername(ctx, "nobody"); return err },
	"SetUsername": func(ctx context.Context, s rows) error {
		return s.SetUsername(ctx, newID(), auth.Username{Name: "Nobody", Key: "nobody"}, noon)
	},
	"UpdateUser":  func(ctx context.Context, s rows) error { return s.UpdateUser(ctx, newUser()) },
	"SetPassword": func(ctx context.Context, s rows) error { return s.SetPassword(ctx, newID(), "hash", noon) },
	"Users":       func(ctx context.Context, s rows) error { _, err := s.Users(ctx, uuid.Nil, 1); return err },

	"CreateSignUp": func(ctx context.Context, s rows) error { return s.CreateSignUp(ctx, newSignUp(email())) },
	"SignUpByID":   func(ctx context.Context, s rows) error { _, err := s.SignUpByID(ctx, newID()); return err },
	"SignUpByUsername": func(ctx context.Context, s rows) error {
		_, err := s.SignUpByUsername(ctx, "nobody")
		return err
	},
	"PasswordCosts":  func(ctx context.Context, s rows) error { _, err := s.PasswordCosts(ctx); return err },
	"NewestSignUp":   func(ctx context.Context, s rows) error { _, err := s.NewestSignUp(ctx, "nobody"); return err },
	"SignUpsByEmail": func(ctx context.Context, s rows) error { _, err := s.SignUpsByEmail(ctx, "nobody"); return err },
	"TakeSignUps":    func(ctx context.Context, s rows) error { _, err := s.TakeSignUps(ctx, "nobody"); return err },
	"SignUps":        func(ctx context.Context, s rows) error { _, err := s.SignUps(ctx, uuid.Nil, 1); return err },

	"CreateSession": func(ctx context.Context, s rows) error { return s.CreateSession(ctx, newSession(newID())) },
	"SessionByDigest": func(ctx context.Context, s rows) error {
		_, _, err := s.SessionByDigest(ctx, digest())
		return err
	},
	"Sessions":     func(ctx context.Context, s rows) error { _, err := s.Sessions(ctx, newID()); return err },
	"TouchSession": func(ctx context.Context, s rows) error { return s.TouchSession(ctx, newID(), noon) },
	"RenewSession": func(ctx context.Context, s rows) error {
		_, err := s.RenewSession(ctx, newID(), digest(), noon)
		return err
	},
	"RecentSessionByDigest": func(ctx context.Context, s rows) error {
		_, _, err := s.RecentSessionByDigest(ctx, digest())
		return err
	},
	"RecentSessionByID": func(ctx context.Context, s rows) error {
		_, _, err := s.RecentSessionByID(ctx, newID())
		return err
	},
	"SessionByID": func(ctx context.Context, s rows) error { _, _, err := s.SessionByID(ctx, newID()); return err },
	"CreateRefreshChain": func(ctx context.Context, s rows) error {
		return s.CreateRefreshChain(ctx, newRefreshChain(newID()))
	},
	"RefreshChain": func(ctx context.Context, s rows) error {
		_, _, _, err := s.RefreshChain(ctx, digest())
		return err
	},
	"RotateRefreshChain": func(ctx context.Context, s rows) error {
		return s.RotateRefreshChain(ctx, rotated(newRefreshChain(newID())), noon.Add(time.Minute))
	},
	"ForgetSuccessors": func(ctx context.Context, s rows) error { _, err := s.ForgetSuccessors(ctx, noon, 1); return err },
	"SigningKeys":      func(ctx context.Context, s rows) error { _, err := s.SigningKeys(ctx); return err },
	"AddSigningKey": func(ctx context.Context, s rows) error {
		_, err := s.AddSigningKey(ctx, newSealedKey(1))
		return err
	},
	"DeleteSigningKeys": func(ctx context.Context, s rows) error { return s.DeleteSigningKeys(ctx, 1) },
	"ProveSession":      func(ctx context.Context, s rows) error { return s.ProveSession(ctx, newID(), noon, nil) },
	"EndSession":        func(ctx context.Context, s rows) error { return s.EndSession(ctx, newID()) },
	"EndSessions": func(ctx context.Context, s rows) error {
		_, err := s.EndSessions(ctx, newID(), uuid.Nil)
		return err
	},

	"CreateToken": func(ctx context.Context, s rows) error { return s.CreateToken(ctx, newToken(newID(), uuid.Nil)) },
	"TokenByDigest": func(ctx context.Context, s rows) error {
		_, err := s.TokenByDigest(ctx, auth.PurposeReset, digest())
		return err
	},
	"TakeToken": func(ctx context.Context, s rows) error {
		_, err := s.TakeToken(ctx, auth.PurposeReset, digest())
		return err
	},
	"DeleteTokens": func(ctx context.Context, s rows) error { return s.DeleteTokens(ctx, newID()) },

	"CreateCode": func(ctx context.Context, s rows) error { return s.CreateCode(ctx, newCode()) },
	"MintCode":   func(ctx context.Context, s rows) error { return s.MintCode(ctx, newCode()) },
	"TryCode": func(ctx context.Context, s rows) error {
		_, err := s.TryCode(ctx, auth.PurposeLogin, newID(), uuid.Nil, 5)
		return err
	},
	"TakeCode": func(ctx context.Context, s rows) error { return s.TakeCode(ctx, newID(), digest()) },
	"CountWrongCode": func(ctx context.Context, s rows) error {
		_, err := s.CountWrongCode(ctx, email().Canonical, noon, time.Time{})
		return err
	},
	"WrongCodes": func(ctx context.Context, s rows) error {
		_, err := s.WrongCodes(ctx, "nobody", time.Time{})
		return err
	},
	"ForgetWrongCodes": func(ctx context.Context, s rows) error { return s.ForgetWrongCodes(ctx, "nobody") },
	"StartEmailChange": func(ctx context.Context, s rows) error {
		return s.StartEmailChange(ctx, newEmailChange(newUser()))
	},
	"EmailChangeByID": func(ctx context.Context, s rows) error { _, err := s.EmailChangeByID(ctx, newID()); return err },
	"FinishEmailChange": func(ctx context.Context, s rows) error {
		return s.FinishEmailChange(ctx, newEmailChange(newUser()))
	},
	"RevertEmailChanges": func(ctx context.Context, s rows) error {
		return s.RevertEmailChanges(ctx, newEmailChange(newUser()))
	},
	"LastEmailChange":  func(ctx context.Context, s rows) error { _, err := s.LastEmailChange(ctx, newID()); return err },
	"EmailReservation": func(ctx context.Context, s rows) error { _, err := s.EmailReservation(ctx, "nobody"); return err },
	"ReleaseEmail":     func(ctx context.Context, s rows) error { return s.ReleaseEmail(ctx, "nobody", noon) },
	"EndEmailChanges":  func(ctx context.Context, s rows) error { _, err := s.EndEmailChanges(ctx, noon, 1); return err },
	"AddEmailChangeToken": func(ctx context.Context, s rows) error {
		return s.AddEmailChangeToken(ctx, newChangeToken(newID(), auth.PurposeUndo))
	},
	"EmailChangeTokenByDigest": func(ctx context.Context, s rows) error {
		_, err := s.EmailChangeTokenByDigest(ctx, auth.PurposeUndo, digest())
		return err
	},
	"DeleteUser":   func(ctx context.Context, s rows) error { return s.DeleteUser(ctx, newID()) },
	"DeletedUsers": func(ctx context.Context, s rows) error { _, err := s.DeletedUsers(ctx, noon, 1); return err },

	"OutboxDepth": func(ctx context.Context, s rows) error { _, err := s.OutboxDepth(ctx, noon); return err },
	"AddToOutbox": func(ctx context.Context, s rows) error { return s.AddToOutbox(ctx, mail()) },
	"LeaseOutbox": func(ctx context.Context, s rows) error {
		_, err := s.LeaseOutbox(ctx, newID(), noon, noon, 1)
		return err
	},
	"RenewLease":    func(ctx context.Context, s rows) error { return s.RenewLease(ctx, newID(), newID(), noon) },
	"FinishOutbox":  func(ctx context.Context, s rows) error { return s.FinishOutbox(ctx, newID(), newID()) },
	"RetryOutbox":   func(ctx context.Context, s rows) error { return s.RetryOutbox(ctx, newID(), newID(), noon, "") },
	"AbandonOutbox": func(ctx context.Context, s rows) error { return s.AbandonOutbox(ctx, newID(), newID(), noon, "") },

	"Bypass": func(ctx context.Context, s rows) error { return s.Bypass(ctx, newID(), newID()) },
	"HasNewer": func(ctx context.Context, s rows) error {
		item := mail()
		item.Recipient = item.EmailKey
		_, err := s.HasNewer(ctx, item)
		return err
	},
	"QueuedMail": func(ctx context.Context, s rows) error { _, err := s.QueuedMail(ctx, uuid.Nil, 1); return err },
	"RetryNow":   func(ctx context.Context, s rows) error { _, err := s.RetryNow(ctx, uuid.Nil, noon); return err },
	"DropMail":   func(ctx context.Context, s rows) error { _, err := s.DropMail(ctx, uuid.Nil); return err },

	"AddAuditEvent": func(ctx context.Context, s rows) error { return s.AddAuditEvent(ctx, newEvent(newID(), noon)) },
	"AuditEvents": func(ctx context.Context, s rows) error {
		_, err := s.AuditEvents(ctx, uuid.Nil, noon, uuid.Nil, 1)
		return err
	},
	"MeetDevice": func(ctx context.Context, s rows) error {
		_, _, err := s.MeetDevice(ctx, newID(), "phone", noon)
		return err
	},
	"CreateAPIClient": func(ctx context.Context, s rows) error { return s.CreateAPIClient(ctx, newAPIClient()) },
	"APIClientByDigest": func(ctx context.Context, s rows) error {
		_, err := s.APIClientByDigest(ctx, digest())
		return err
	},
	"APIClients":      func(ctx context.Context, s rows) error { _, err := s.APIClients(ctx); return err },
	"TouchAPIClient":  func(ctx context.Context, s rows) error { return s.TouchAPIClient(ctx, newID(), noon) },
	"DeleteAPIClient": func(ctx context.Context, s rows) error { return s.DeleteAPIClient(ctx, newID()) },
	"Discard": func(ctx context.Context, s rows) error {
		_, err := s.Discard(ctx, auth.ExpiredTokens, noon, 1)
		return err
	},
	"TakeUnits": func(ctx context.Context, s rows) error {
		_, err := s.TakeUnits(ctx, newID(), []ratelimit.Meter{meter(1, false), meter(1, true)}, noon, noon)
		return err
	},
	"SettleUnits": func(ctx context.Context, s rows) error {
		return s.SettleUnits(ctx, newID(), []ratelimit.Meter{meter(1, true)}, true, noon)
	},
	"ForgetDevices": func(ctx context.Context, s rows) error { return s.ForgetDevices(ctx, newID()) },
	"RememberDevice": func(ctx context.Context, s rows) error {
		return s.RememberDevice(ctx, newID(), [][]byte{digest()}, noon)
	},
	"IsDeviceKnown": func(ctx context.Context, s rows) error {
		_, err := s.IsDeviceKnown(ctx, [][]byte{digest()}, noon)
		return err
	},
	"TakeLease": func(ctx context.Context, s rows) error {
		_, err := s.TakeLease(ctx, "lease", newID(), noon, noon)
		return err
	},
}

// calls are all of them, of one store.
func calls(s auth.Store) map[string]func(ctx context.Context) error {
	all := map[string]func(ctx context.Context) error{}
	for name, call := range everything {
		all[name] = func(ctx context.Context) error { return call(ctx, s) }
	}
	for name, call := range transacted {
		all[name] = func(ctx context.Context) error { return call(ctx, s) }
	}
	return all
}

func absence(t *testing.T, open Open) {
	s := open(t)

	t.Run("every method is called", func(t *testing.T) {
		called := calls(s)
		for method := range reflect.TypeFor[auth.Store]().Methods() {
			if called[method.Name] == nil {
				t.Errorf("got no call of %s in the suite, want one, by newCalls", method.Name)
			}
		}
	})

	t.Run("a context that has ended is an error of its own, never absence", func(t *testing.T) {
		canceled, cancel := context.WithCancel(t.Context())
		cancel()
		late, cancelLate := context.WithDeadline(t.Context(), time.Now().Add(-time.Hour))
		defer cancelLate()
		for name, call := range calls(s) {
			t.Run(name, func(t *testing.T) {
				for ctx, wanted := range map[context.Context]error{canceled: context.Canceled, late: context.DeadlineExceeded} {
					err := call(ctx)
					refused(t, err)
					want(t, wanted, err)
				}
			})
		}
		must(t, s.Ping(t.Context()))
	})

	t.Run("in a transaction whose context has ended, too", func(t *testing.T) {
		for name, call := range everything {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				want(t, context.Canceled, s.InTx(ctx, func(tx auth.Tx) error {
					cancel()
					err := call(ctx, inside(t, tx))
					refused(t, err)
					return err
				}))
			})
		}
	})

	t.Run("a closed store does not know, rather than know of nothing", func(t *testing.T) {
		s := open(t)
		closer, ok := s.(io.Closer)
		if !ok {
			t.Fatal("the store cannot be closed")
		}
		must(t, closer.Close())
		for name, call := range calls(s) {
			t.Run(name, func(t *testing.T) { refused(t, call(t.Context())) })
		}
	})
}
