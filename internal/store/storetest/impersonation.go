package storetest

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("impersonation", impersonation)
	_ = newCalls(calls{"EndImpersonations": func(ctx context.Context, s rows) error { return s.EndImpersonations(ctx, newID()) }})
)

// addActing adds a session in which the user of another acts as a user.
func addActing(t *testing.T, s auth.Store, userID uuid.UUID, by *auth.Session) *auth.Session {
	t.Helper()
	session := newSession(userID)
	session.ActorID, session.ActorSessionID = by.UserID, by.ID
	must(t, s.CreateSession(t.Context(), session))
	return session
}

func impersonation(t *testing.T, open Open) {
	s := open(t)
	lives := func(t *testing.T, session *auth.Session, want bool) {
		t.Helper()
		_, _, err := s.RecentSessionByDigest(t.Context(), session.TokenDigest)
		_, _, errByID := s.RecentSessionByID(t.Context(), session.ID)
		if got := found(t, err); got != want || found(t, errByID) != want {
			t.Errorf("the session is there: %t, want %t", got, want)
		}
	}

	t.Run("a session in which another acts comes back with who does", func(t *testing.T) {
		by, user := addSession(t, s, addUser(t, s).ID), addUser(t, s)
		in := addActing(t, s, user.ID, by)
		for range 2 {
			got, owner, err := s.RecentSessionByDigest(t.Context(), in.TokenDigest)
			must(t, err)
			same(t, in, got)
			same(t, user, owner)
		}
		listed, err := s.Sessions(t.Context(), user.ID)
		must(t, err)
		same(t, []*auth.Session{in}, listed)
		listed, err = s.SessionsOfUsers(t.Context(), []uuid.UUID{user.ID})
		must(t, err)
		same(t, []*auth.Session{in}, listed)
	})

	t.Run("nobody acts in a session that is gone", func(t *testing.T) {
		gone := newSession(addUser(t, s).ID)
		session := newSession(addUser(t, s).ID)
		session.ActorID, session.ActorSessionID = gone.UserID, gone.ID
		want(t, auth.ErrNotFound, s.CreateSession(t.Context(), session))
	})

	for name, end := range map[string]func(by *auth.Session) error{
		"ends":             func(by *auth.Session) error { return s.EndSession(t.Context(), by.ID) },
		"ends with others": func(by *auth.Session) error { _, err := s.EndSessions(t.Context(), by.UserID, uuid.Nil); return err },
		"is renewed":       func(by *auth.Session) error { _, err := s.RenewSession(t.Context(), by.ID, digest(), noon); return err },
	} {
		t.Run("the sessions in which somebody acts end when their own "+name, func(t *testing.T) {
			admin, user := addUser(t, s), addUser(t, s)
			by, other := addSession(t, s, admin.ID), addSession(t, s, addUser(t, s).ID)
			ends, stays, own := addActing(t, s, user.ID, by), addActing(t, s, user.ID, other), addSession(t, s, user.ID)
			lives(t, ends, true)
			must(t, end(by))
			lives(t, ends, false)
			lives(t, stays, true)
			lives(t, own, true)
		})
	}

	t.Run("those of a user end, and those in which others act as the user, and no more", func(t *testing.T) {
		admin, user := addUser(t, s), addUser(t, s)
		by, own := addSession(t, s, admin.ID), addSession(t, s, user.ID)
		acting := addActing(t, s, user.ID, by)
		must(t, s.EndImpersonations(t.Context(), addUser(t, s).ID))
		lives(t, acting, true)
		must(t, s.EndImpersonations(t.Context(), admin.ID))
		lives(t, acting, false)
		acting = addActing(t, s, user.ID, by)
		must(t, s.EndImpersonations(t.Context(), user.ID))
		lives(t, acting, false)
		lives(t, own, true)
		lives(t, by, true)
	})
}
