package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What the suite has of second factors.
var (
	_ = newPart("login challenges", loginChallenges)
	_ = newPart("authenticator apps", totps)
	_ = newPart("recovery codes", recoveryCodes)
	_ = newPart("factors of sessions", factorsOfSessions)
)

var _ = newHeap(auth.ExpiredLoginChallenges, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
	challenge := newChallenge(addUser(t, s).ID)
	challenge.ExpiresAt = moment
	must(t, s.CreateLoginChallenge(t.Context(), challenge))
	return func() bool { return isChallenge(t, s, challenge.Digest) }
})

var _ = newCalls(map[string]func(ctx context.Context, s rows) error{
	"ProveSecondFactor": func(ctx context.Context, s rows) error { return s.ProveSecondFactor(ctx, newID(), noon, nil) },
	"CreateLoginChallenge": func(ctx context.Context, s rows) error {
		return s.CreateLoginChallenge(ctx, newChallenge(newID()))
	},
	"LoginChallengeByDigest": func(ctx context.Context, s rows) error {
		_, _, err := s.LoginChallengeByDigest(ctx, digest())
		return err
	},
	"TryLoginChallenge":     func(ctx context.Context, s rows) error { return s.TryLoginChallenge(ctx, digest(), 5) },
	"TakeLoginChallenge":    func(ctx context.Context, s rows) error { return s.TakeLoginChallenge(ctx, digest()) },
	"DeleteLoginChallenges": func(ctx context.Context, s rows) error { return s.DeleteLoginChallenges(ctx, newID()) },
	"PutTOTP":               func(ctx context.Context, s rows) error { return s.PutTOTP(ctx, newTOTP(newID())) },
	"TOTPOf":                func(ctx context.Context, s rows) error { _, err := s.TOTPOf(ctx, newID()); return err },
	"TryTOTP":               func(ctx context.Context, s rows) error { _, err := s.TryTOTP(ctx, newID(), 5); return err },
	"UseTOTP":               func(ctx context.Context, s rows) error { return s.UseTOTP(ctx, newID(), 1, noon) },
	"ForgetTOTPTries":       func(ctx context.Context, s rows) error { return s.ForgetTOTPTries(ctx, newID()) },
	"DeleteTOTP":            func(ctx context.Context, s rows) error { return s.DeleteTOTP(ctx, newID()) },
	"AddRecoveryCodes": func(ctx context.Context, s rows) error {
		return s.AddRecoveryCodes(ctx, newID(), [][]byte{digest()}, noon)
	},
	"TakeRecoveryCode":    func(ctx context.Context, s rows) error { return s.TakeRecoveryCode(ctx, newID(), digest()) },
	"DeleteRecoveryCodes": func(ctx context.Context, s rows) error { return s.DeleteRecoveryCodes(ctx, newID(), noon) },
	"RecoveryCodesLeft":   func(ctx context.Context, s rows) error { _, err := s.RecoveryCodesLeft(ctx, newID()); return err },
})

func newChallenge(user uuid.UUID) *auth.LoginChallenge {
	return &auth.LoginChallenge{
		Digest: digest(), UserID: user, Kind: auth.ChallengeProve, Methods: []auth.Method{auth.MethodPassword}, Delivery: auth.DeliveryCookie,
		PasskeyState: digest(), CreatedAt: noon, ExpiresAt: noon.Add(10 * time.Minute),
	}
}

func addChallenge(t *testing.T, s auth.Store, user uuid.UUID) *auth.LoginChallenge {
	t.Helper()
	challenge := newChallenge(user)
	must(t, s.CreateLoginChallenge(t.Context(), challenge))
	return challenge
}

func newTOTP(user uuid.UUID) *auth.TOTP {
	return &auth.TOTP{UserID: user, Sealed: digest(), LastStep: 1 << 40, Tries: 3, CreatedAt: noon, LastUsedAt: noon.Add(time.Hour)}
}

func addTOTP(t *testing.T, s auth.Store, user uuid.UUID) *auth.TOTP {
	t.Helper()
	totp := newTOTP(user)
	must(t, s.PutTOTP(t.Context(), totp))
	return totp
}

// isChallenge reports whether there is the challenge.
func isChallenge(t *testing.T, s auth.Store, digest []byte) bool {
	t.Helper()
	_, _, err := s.LoginChallengeByDigest(t.Context(), digest)
	return found(t, err)
}

func loginChallenges(t *testing.T, open Open) {
	s := open(t)

	t.Run("a challenge comes back as it was created, with its user", func(t *testing.T) {
		u := addUser(t, s)
		in := addChallenge(t, s, u.ID)
		got, user, err := s.LoginChallengeByDigest(t.Context(), in.Digest)
		must(t, err)
		same(t, in, got)
		same(t, u, user)
		for _, other := range [][]byte{digest(), nil, {}, in.Digest[:31]} {
			_, _, err := s.LoginChallengeByDigest(t.Context(), other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("a challenge needs its user", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.CreateLoginChallenge(t.Context(), newChallenge(newID())))
	})

	t.Run("of fifty who try a challenge at once, no more than the limit may", func(t *testing.T) {
		in := addChallenge(t, s, addUser(t, s).ID)
		_, errs := atOnce(50, func(int) (struct{}, error) {
			return struct{}{}, s.TryLoginChallenge(t.Context(), in.Digest, 5)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 5 {
			t.Errorf("%d tried, want 5", n)
		}
		want(t, auth.ErrNotFound, s.TryLoginChallenge(t.Context(), digest(), 5))
	})

	t.Run("of fifty who take a challenge at once, one does", func(t *testing.T) {
		in := addChallenge(t, s, addUser(t, s).ID)
		_, errs := atOnce(50, func(int) (struct{}, error) {
			return struct{}{}, s.TakeLoginChallenge(t.Context(), in.Digest)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d took it, want one", n)
		}
	})

	t.Run("challenges are deleted with the tokens of their user, by themselves, and with the user", func(t *testing.T) {
		for name, remove := range map[string]func(u uuid.UUID) error{
			"tokens":     func(u uuid.UUID) error { return s.DeleteTokens(t.Context(), u) },
			"themselves": func(u uuid.UUID) error { return s.DeleteLoginChallenges(t.Context(), u) },
			"user":       func(u uuid.UUID) error { return s.DeleteUser(t.Context(), u, newID()) },
		} {
			u := addUser(t, s)
			one, two, other := addChallenge(t, s, u.ID), addChallenge(t, s, u.ID), addChallenge(t, s, addUser(t, s).ID)
			must(t, remove(u.ID))
			if isChallenge(t, s, one.Digest) || isChallenge(t, s, two.Digest) || !isChallenge(t, s, other.Digest) {
				t.Errorf("%s: got other challenges than those of the user deleted", name)
			}
		}
	})
}

func totps(t *testing.T, open Open) {
	s := open(t)
	of := func(t *testing.T, user uuid.UUID) *auth.TOTP {
		t.Helper()
		totp, err := s.TOTPOf(t.Context(), user)
		must(t, err)
		return totp
	}

	t.Run("an app comes back as it was put, in place of the one before", func(t *testing.T) {
		u := addUser(t, s).ID
		_, err := s.TOTPOf(t.Context(), u)
		want(t, auth.ErrNotFound, err)
		same(t, addTOTP(t, s, u), of(t, u))
		second := newTOTP(u)
		second.LastStep, second.Tries, second.CreatedAt, second.LastUsedAt = 7, 0, noon.Add(time.Minute), time.Time{}
		must(t, s.PutTOTP(t.Context(), second))
		same(t, second, of(t, u))
		want(t, auth.ErrNotFound, s.PutTOTP(t.Context(), newTOTP(newID())))
	})

	t.Run("a step is accepted once, and only after the last one", func(t *testing.T) {
		u := addUser(t, s).ID
		in := addTOTP(t, s, u)
		for _, step := range []int64{in.LastStep, in.LastStep - 1, 0, -1} {
			want(t, auth.ErrNotFound, s.UseTOTP(t.Context(), u, step, noon))
		}
		same(t, in, of(t, u))
		used := noon.Add(2 * time.Hour)
		_, errs := atOnce(64, func(int) (struct{}, error) {
			return struct{}{}, s.UseTOTP(t.Context(), u, in.LastStep+1, used)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d used it, want one", n)
		}
		in.LastStep, in.Tries, in.LastUsedAt = in.LastStep+1, 0, used
		same(t, in, of(t, u))
		want(t, auth.ErrNotFound, s.UseTOTP(t.Context(), addUser(t, s).ID, 1<<50, noon))
	})

	t.Run("of fifty who try an app at once, no more than the limit get it", func(t *testing.T) {
		u := addUser(t, s).ID
		in := newTOTP(u)
		in.Tries = 0
		must(t, s.PutTOTP(t.Context(), in))
		_, errs := atOnce(50, func(int) (*auth.TOTP, error) { return s.TryTOTP(t.Context(), u, 5) })
		if n := count(t, errs, auth.ErrNotFound); n != 5 {
			t.Errorf("%d tried, want 5", n)
		}
		in.Tries = 5
		same(t, in, of(t, u))
		must(t, s.ForgetTOTPTries(t.Context(), u))
		got, err := s.TryTOTP(t.Context(), u, 5)
		must(t, err)
		in.Tries = 1
		same(t, in, got)
		must(t, s.ForgetTOTPTries(t.Context(), newID()))
	})

	t.Run("an app is deleted once, and with its user", func(t *testing.T) {
		u := addUser(t, s).ID
		addTOTP(t, s, u)
		must(t, s.DeleteTOTP(t.Context(), u))
		want(t, auth.ErrNotFound, s.DeleteTOTP(t.Context(), u))
		addTOTP(t, s, u)
		must(t, s.DeleteUser(t.Context(), u, newID()))
		_, err := s.TOTPOf(t.Context(), u)
		want(t, auth.ErrNotFound, err)
	})
}

func recoveryCodes(t *testing.T, open Open) {
	s := open(t)
	left := func(t *testing.T, user uuid.UUID) int {
		t.Helper()
		n, err := s.RecoveryCodesLeft(t.Context(), user)
		must(t, err)
		return n
	}

	t.Run("a code is taken once, by its user", func(t *testing.T) {
		u, other := addUser(t, s).ID, addUser(t, s).ID
		one, two := digest(), digest()
		must(t, s.AddRecoveryCodes(t.Context(), u, [][]byte{one, two}, noon))
		must(t, s.AddRecoveryCodes(t.Context(), other, [][]byte{digest()}, noon))
		wantCount(t, 2, left(t, u))
		want(t, auth.ErrNotFound, s.TakeRecoveryCode(t.Context(), other, one))
		_, errs := atOnce(50, func(int) (struct{}, error) {
			return struct{}{}, s.TakeRecoveryCode(t.Context(), u, one)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d took it, want one", n)
		}
		wantCount(t, 1, left(t, u))
		wantCount(t, 1, left(t, other))
	})

	t.Run("codes are deleted from a time on, and with their user", func(t *testing.T) {
		u, other := addUser(t, s).ID, addUser(t, s).ID
		must(t, s.AddRecoveryCodes(t.Context(), u, [][]byte{digest()}, noon))
		must(t, s.AddRecoveryCodes(t.Context(), u, [][]byte{digest(), digest()}, noon.Add(time.Hour)))
		must(t, s.AddRecoveryCodes(t.Context(), other, [][]byte{digest()}, noon.Add(time.Hour)))
		must(t, s.DeleteRecoveryCodes(t.Context(), u, noon.Add(time.Hour)))
		wantCount(t, 1, left(t, u))
		must(t, s.DeleteRecoveryCodes(t.Context(), u, time.Time{}))
		wantCount(t, 0, left(t, u))
		wantCount(t, 1, left(t, other))
		must(t, s.DeleteUser(t.Context(), other, newID()))
		wantCount(t, 0, left(t, other))
	})

	t.Run("codes need a user, and none are nothing", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.AddRecoveryCodes(t.Context(), newID(), [][]byte{digest()}, noon))
		must(t, s.AddRecoveryCodes(t.Context(), addUser(t, s).ID, nil, noon))
	})
}

func factorsOfSessions(t *testing.T, open Open) {
	s := open(t)
	now := func(t *testing.T, id uuid.UUID) *auth.Session {
		t.Helper()
		session, _, err := s.SessionByID(t.Context(), id)
		must(t, err)
		return session
	}

	t.Run("a session keeps its factors, and a user since when there is one", func(t *testing.T) {
		u := newUser()
		u.SecondFactorSince = noon.Add(3 * time.Hour)
		must(t, s.CreateUser(t.Context(), u))
		in := newSession(u.ID)
		in.Factors, in.SecondFactorAt, in.TrustedDeviceID = 2, noon.Add(time.Second), newID()
		must(t, s.CreateSession(t.Context(), in))
		got, user, err := s.SessionByDigest(t.Context(), in.TokenDigest)
		must(t, err)
		same(t, in, got)
		same(t, u, user)
		u.SecondFactorSince = time.Time{}
		must(t, s.UpdateUser(t.Context(), u))
		user, err = s.UserByID(t.Context(), u.ID)
		must(t, err)
		same(t, u, user)
	})

	t.Run("a second factor moves both times forward and never back", func(t *testing.T) {
		in := newSession(addUser(t, s).ID)
		in.Factors = 1
		must(t, s.CreateSession(t.Context(), in))
		in.Methods = []auth.Method{auth.MethodPassword, auth.MethodTOTP}
		at := noon.Add(time.Hour)
		must(t, s.ProveSecondFactor(t.Context(), in.ID, at, in.Methods))
		in.Factors, in.AuthenticatedAt, in.SecondFactorAt = 2, at, at
		same(t, in, now(t, in.ID))
		must(t, s.ProveSecondFactor(t.Context(), in.ID, noon, in.Methods))
		same(t, in, now(t, in.ID))
		want(t, auth.ErrNotFound, s.ProveSecondFactor(t.Context(), newID(), at, in.Methods))
	})

	t.Run("a first factor leaves the time of the second", func(t *testing.T) {
		in := newSession(addUser(t, s).ID)
		in.Factors, in.SecondFactorAt = 2, noon
		must(t, s.CreateSession(t.Context(), in))
		at := noon.Add(time.Hour)
		must(t, s.ProveSession(t.Context(), in.ID, at, in.Methods))
		in.AuthenticatedAt = at
		same(t, in, now(t, in.ID))
	})
}
