package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("codes", codes)
	_ = newCalls(calls{
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
	})
)

// newCode is a request for a code, not mailed yet.
func newCode() *auth.OneTimeCode {
	return &auth.OneTimeCode{RequestID: uuid.New(), Purpose: auth.PurposeLogin, EmailKey: email().Canonical, CreatedAt: noon}
}

func addCode(t *testing.T, s auth.Store) *auth.OneTimeCode {
	t.Helper()
	code := newCode()
	must(t, s.CreateCode(t.Context(), code))
	return code
}

// addMinted adds a request whose code was mailed to the user.
func addMinted(t *testing.T, s auth.Store, user uuid.UUID) *auth.OneTimeCode {
	t.Helper()
	code := addCode(t, s)
	code.UserID, code.Digest, code.ExpiresAt = user, digest(), noon.Add(10*time.Minute)
	must(t, s.MintCode(t.Context(), code))
	return code
}

// tryCode tries a code and returns the request with the try taken back, as it was before.
func tryCode(t *testing.T, s auth.Store, c *auth.OneTimeCode) *auth.OneTimeCode {
	t.Helper()
	got, err := s.TryCode(t.Context(), c.Purpose, c.RequestID, c.SessionID, 1000)
	must(t, err)
	got.Tries--
	return got
}

func codes(t *testing.T, open Open) {
	s := open(t)

	t.Run("a request comes back as it was created, with the try counted", func(t *testing.T) {
		u := addUser(t, s)
		ofSession := newCode()
		ofSession.Purpose, ofSession.SessionID, ofSession.UserID = auth.PurposeReauthenticate, newID(), u.ID
		must(t, s.CreateCode(t.Context(), ofSession))
		whole := newCode()
		whole.UserID, whole.SignUpID, whole.Digest, whole.Tries, whole.ExpiresAt = u.ID, newID(), digest(), 3, noon.Add(time.Hour)
		must(t, s.CreateCode(t.Context(), whole))
		for _, in := range []*auth.OneTimeCode{addCode(t, s), ofSession, whole} {
			got, err := s.TryCode(t.Context(), in.Purpose, in.RequestID, in.SessionID, 1000)
			must(t, err)
			in.Tries++
			same(t, in, got)
		}
	})

	t.Run("minting gives a request its user or sign-up, digest and expiry, and keeps the rest", func(t *testing.T) {
		in, u := addCode(t, s), addUser(t, s)
		for range 2 {
			tryCode(t, s, in)
		}
		for _, mail := range []struct{ user, signUp uuid.UUID }{{u.ID, uuid.Nil}, {uuid.Nil, newID()}} {
			minted := *in
			minted.UserID, minted.SignUpID, minted.Digest, minted.ExpiresAt = mail.user, mail.signUp, digest(), noon.Add(10*time.Minute)
			change := minted
			change.Tries, change.CreatedAt, change.SessionID = 99, noon.Add(time.Hour), newID()
			must(t, s.MintCode(t.Context(), &change))
			got := tryCode(t, s, in)
			if got.Tries < 2 {
				t.Errorf("%d tries are left over of the ones before", got.Tries)
			}
			minted.Tries = got.Tries
			same(t, &minted, got)
		}
	})

	t.Run("nothing is minted for another request, purpose, address or user", func(t *testing.T) {
		in := addCode(t, s)
		for what, change := range map[string]func(*auth.OneTimeCode){
			"request": func(c *auth.OneTimeCode) { c.RequestID = uuid.New() },
			"purpose": func(c *auth.OneTimeCode) { c.Purpose = auth.PurposeReauthenticate },
			"address": func(c *auth.OneTimeCode) { c.EmailKey = email().Canonical },
			"user":    func(c *auth.OneTimeCode) { c.UserID = newID() },
		} {
			t.Run(what, func(t *testing.T) {
				minted := *in
				minted.Digest, minted.ExpiresAt = digest(), noon
				change(&minted)
				want(t, auth.ErrNotFound, s.MintCode(t.Context(), &minted))
				got := tryCode(t, s, in)
				in.Tries++
				got.Tries++
				same(t, in, got)
			})
		}
	})

	t.Run("a code is tried as often as the limit says, and not by its id alone", func(t *testing.T) {
		in := newCode()
		in.SessionID = newID()
		must(t, s.CreateCode(t.Context(), in))
		for _, other := range []struct {
			purpose          auth.Purpose
			request, session uuid.UUID
		}{
			{auth.PurposeReauthenticate, in.RequestID, in.SessionID},
			{in.Purpose, uuid.New(), in.SessionID},
			{in.Purpose, uuid.Nil, in.SessionID},
			{in.Purpose, in.RequestID, newID()},
			{in.Purpose, in.RequestID, uuid.Nil},
		} {
			_, err := s.TryCode(t.Context(), other.purpose, other.request, other.session, 3)
			want(t, auth.ErrNotFound, err)
		}
		_, err := s.TryCode(t.Context(), auth.PurposeLogin, addCode(t, s).RequestID, newID(), 3)
		want(t, auth.ErrNotFound, err) // one without a session is not found by one
		for range 3 {
			_, err := s.TryCode(t.Context(), in.Purpose, in.RequestID, in.SessionID, 3)
			must(t, err)
		}
		_, err = s.TryCode(t.Context(), in.Purpose, in.RequestID, in.SessionID, 3)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a code is taken once, by its digest", func(t *testing.T) {
		in := addMinted(t, s, addUser(t, s).ID)
		for _, other := range [][]byte{digest(), nil, {}, in.Digest[:31]} {
			want(t, auth.ErrNotFound, s.TakeCode(t.Context(), in.RequestID, other))
		}
		want(t, auth.ErrNotFound, s.TakeCode(t.Context(), uuid.New(), in.Digest))
		want(t, auth.ErrNotFound, s.TakeCode(t.Context(), addCode(t, s).RequestID, nil))
		must(t, s.TakeCode(t.Context(), in.RequestID, in.Digest))
		want(t, auth.ErrNotFound, s.TakeCode(t.Context(), in.RequestID, in.Digest))
		_, err := s.TryCode(t.Context(), in.Purpose, in.RequestID, in.SessionID, 1000)
		want(t, auth.ErrNotFound, err)
		want(t, auth.ErrNotFound, s.MintCode(t.Context(), in))
	})

	t.Run("deleting the tokens of a user voids the codes, keeps the requests, and is about no one else", func(t *testing.T) {
		u := addUser(t, s)
		void, stays := addMinted(t, s, u.ID), addMinted(t, s, addUser(t, s).ID)
		must(t, s.DeleteTokens(t.Context(), u.ID))
		want(t, auth.ErrNotFound, s.TakeCode(t.Context(), void.RequestID, void.Digest))
		void.Digest = nil
		same(t, void, tryCode(t, s, void))
		same(t, stays, tryCode(t, s, stays))
	})

	t.Run("no two requests share an id", func(t *testing.T) {
		refused(t, s.CreateCode(t.Context(), addCode(t, s)))
	})

	t.Run("wrong codes are counted by address, known or not, until they are forgotten", func(t *testing.T) {
		one, other := email().Canonical, email().Canonical
		for i := range 3 {
			n, err := s.CountWrongCode(t.Context(), one, noon.Add(time.Duration(i)*time.Hour), time.Time{})
			must(t, err)
			wantCount(t, i+1, n)
		}
		n, err := s.CountWrongCode(t.Context(), other, noon, time.Time{})
		must(t, err)
		wantCount(t, 1, n)

		for range 2 {
			must(t, s.ForgetWrongCodes(t.Context(), one))
			n, err = s.WrongCodes(t.Context(), one, time.Time{})
			must(t, err)
			wantCount(t, 0, n)
		}
		n, err = s.WrongCodes(t.Context(), other, time.Time{})
		must(t, err)
		wantCount(t, 1, n)
		n, err = s.CountWrongCode(t.Context(), one, noon, time.Time{})
		must(t, err)
		wantCount(t, 1, n)
	})

	t.Run("a count of wrong codes begins anew when it is old, and is not kept by what is added", func(t *testing.T) {
		key := email().Canonical
		add := func(want int, at, since time.Time) {
			t.Helper()
			n, err := s.CountWrongCode(t.Context(), key, at, since)
			must(t, err)
			wantCount(t, want, n)
		}
		add(1, noon, noon.Add(-time.Hour))
		add(2, noon.Add(time.Hour-time.Microsecond), noon.Add(-time.Microsecond))
		for since, want := range map[time.Time]int{noon.Add(-time.Microsecond): 2, noon: 0} {
			n, err := s.WrongCodes(t.Context(), key, since)
			must(t, err)
			wantCount(t, want, n)
		}
		add(1, noon.Add(time.Hour), noon)
	})

	t.Run("of fifty who try a code at once, no more than the limit can", func(t *testing.T) {
		in := addCode(t, s)
		_, errs := atOnce(50, func(int) (*auth.OneTimeCode, error) {
			return s.TryCode(t.Context(), in.Purpose, in.RequestID, in.SessionID, 5)
		})
		wantCount(t, 5, count(t, errs, auth.ErrNotFound))
	})

	t.Run("of twenty who take a code, one gets it", func(t *testing.T) {
		in := addMinted(t, s, addUser(t, s).ID)
		_, errs := atOnce(20, func(int) (any, error) { return nil, s.TakeCode(t.Context(), in.RequestID, in.Digest) })
		wantCount(t, 1, count(t, errs, auth.ErrNotFound))
	})

	t.Run("no wrong code is lost when many are counted at once", func(t *testing.T) {
		key := email().Canonical
		_, errs := atOnce(30, func(int) (int, error) { return s.CountWrongCode(t.Context(), key, noon, time.Time{}) })
		wantCount(t, 30, count(t, errs, nil))
		n, err := s.WrongCodes(t.Context(), key, time.Time{})
		must(t, err)
		wantCount(t, 30, n)
	})

	t.Run("a proof moves the time of a session forward, never back, writes its methods, and changes nothing else", func(t *testing.T) {
		in := addSession(t, s, addUser(t, s).ID)
		start := in.AuthenticatedAt
		both := []auth.Method{auth.MethodMailedCode, auth.MethodPassword}
		for _, step := range []struct {
			proof, kept time.Duration
			methods     []auth.Method
		}{
			{time.Microsecond, time.Microsecond, in.Methods}, {time.Hour, time.Hour, both}, {time.Minute, time.Hour, nil}, {-time.Hour, time.Hour, both},
		} {
			must(t, s.ProveSession(t.Context(), in.ID, start.Add(step.proof), step.methods))
			in.AuthenticatedAt, in.Methods = start.Add(step.kept), step.methods
			session, _, err := s.SessionByDigest(t.Context(), in.TokenDigest)
			must(t, err)
			same(t, in, session)
		}
		want(t, auth.ErrNotFound, s.ProveSession(t.Context(), newID(), noon, nil))
	})
}

func wantCount(t *testing.T, wanted, got int) {
	t.Helper()
	if got != wanted {
		t.Errorf("there are %d, want %d", got, wanted)
	}
}
