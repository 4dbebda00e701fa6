package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("sessions", sessions)
	_ = newCalls(calls{
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
		"SessionByID":  func(ctx context.Context, s rows) error { _, _, err := s.SessionByID(ctx, newID()); return err },
		"ProveSession": func(ctx context.Context, s rows) error { return s.ProveSession(ctx, newID(), noon, nil) },
		"EndSession":   func(ctx context.Context, s rows) error { return s.EndSession(ctx, newID()) },
		"EndSessions": func(ctx context.Context, s rows) error {
			_, err := s.EndSessions(ctx, newID(), uuid.Nil)
			return err
		},
	})
)

func sessions(t *testing.T, open Open) {
	s := open(t)

	t.Run("a session comes back with its user, password included", func(t *testing.T) {
		u := addUser(t, s)
		in := addSession(t, s, u.ID)
		addSession(t, s, addUser(t, s).ID)
		session, user, err := s.SessionByDigest(t.Context(), in.TokenDigest)
		must(t, err)
		same(t, in, session)
		same(t, u, user)
	})

	t.Run("a session of a user without a password comes back too", func(t *testing.T) {
		u := newUser()
		u.PasswordHash, u.VerifiedAt = "", time.Time{}
		must(t, s.CreateUser(t.Context(), u))
		in := newSession(u.ID)
		in.IPAddress, in.UserAgent = "", ""
		must(t, s.CreateSession(t.Context(), in))
		session, user, err := s.SessionByDigest(t.Context(), in.TokenDigest)
		must(t, err)
		same(t, in, session)
		same(t, u, user)
	})

	t.Run("a session is found by its id too", func(t *testing.T) {
		u := addUser(t, s)
		in := addSession(t, s, u.ID)
		session, user, err := s.SessionByID(t.Context(), in.ID)
		must(t, err)
		same(t, in, session)
		same(t, u, user)
	})

	t.Run("it is found as it was a moment ago, and as this store has changed it since", func(t *testing.T) {
		u := addUser(t, s)
		in := addSession(t, s, u.ID)
		look := func() (*auth.Session, *auth.User) {
			t.Helper()
			byID, user, err := s.RecentSessionByID(t.Context(), in.ID)
			must(t, err)
			byDigest, owner, err := s.RecentSessionByDigest(t.Context(), in.TokenDigest)
			must(t, err)
			same(t, byID, byDigest)
			same(t, user, owner)
			return byID, user
		}
		both := []auth.Method{auth.MethodPassword, auth.MethodMailedCode}
		session, user := look()
		same(t, in, session)
		same(t, u, user)
		in.LastSeenAt = noon.Add(time.Hour)
		must(t, s.TouchSession(t.Context(), in.ID, in.LastSeenAt))
		session, _ = look()
		same(t, in, session)
		for _, change := range []func() error{
			func() error {
				u.Name, u.Role = "Grace", auth.RoleAdmin
				return s.UpdateUser(t.Context(), u)
			},
			func() error {
				u.PasswordHash = "another hash"
				return s.SetPassword(t.Context(), u.ID, u.PasswordHash, noon)
			},
			func() error {
				u.PasswordHash = ""
				return s.SetPassword(t.Context(), u.ID, "", noon)
			},
			func() error {
				u.Username = auth.Username{Name: "Grace", Key: "grace-" + u.ID.String()}
				return s.SetUsername(t.Context(), u.ID, u.Username, noon)
			},
			func() error { return s.ProveSession(t.Context(), in.ID, noon.Add(time.Hour), both) },
		} {
			must(t, change())
			session, user = look()
			same(t, u, user)
		}
		if !session.AuthenticatedAt.Equal(utc(noon.Add(time.Hour))) {
			t.Errorf("it was proved at %v", session.AuthenticatedAt)
		}
		if !slices.Equal(session.Methods, both) {
			t.Errorf("it was proved by %q, want %q", session.Methods, both)
		}
		must(t, s.EndSession(t.Context(), in.ID))
		_, _, err := s.RecentSessionByID(t.Context(), in.ID)
		want(t, auth.ErrNotFound, err)
		_, _, err = s.RecentSessionByDigest(t.Context(), in.TokenDigest)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a digest finds nothing but its own session", func(t *testing.T) {
		in := addSession(t, s, addUser(t, s).ID)
		for _, other := range [][]byte{digest(), nil, {}, in.TokenDigest[:31], append(in.TokenDigest[:32:32], 0)} {
			_, _, err := s.SessionByDigest(t.Context(), other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("a user has as many sessions as logins", func(t *testing.T) {
		u := addUser(t, s)
		for range 3 {
			in := addSession(t, s, u.ID)
			_, _, err := s.SessionByDigest(t.Context(), in.TokenDigest)
			must(t, err)
		}
	})

	t.Run("no two sessions share a digest", func(t *testing.T) {
		u := addUser(t, s)
		in := addSession(t, s, u.ID)
		again := newSession(u.ID)
		again.TokenDigest = in.TokenDigest
		refused(t, s.CreateSession(t.Context(), again))
	})

	t.Run("nobody has no session", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.CreateSession(t.Context(), newSession(newID())))
	})

	t.Run("the sessions of a user are listed, the last seen first, and of several the last begun", func(t *testing.T) {
		u := addUser(t, s)
		addSession(t, s, addUser(t, s).ID)
		listed := func() []*auth.Session {
			t.Helper()
			got, err := s.Sessions(t.Context(), u.ID)
			must(t, err)
			return got
		}
		if got := listed(); len(got) != 0 {
			t.Errorf("%d sessions are listed of none", len(got))
		}

		older, newest := addSession(t, s, u.ID), addSession(t, s, u.ID)
		begun := newSession(u.ID)
		begun.CreatedAt = noon.Add(time.Microsecond)
		must(t, s.CreateSession(t.Context(), begun))
		seen := newSession(u.ID)
		seen.LastSeenAt, seen.EndsAt = noon.Truncate(time.Second).Add(2*time.Second), noon.AddDate(-1, 0, 0) // expired or not
		must(t, s.CreateSession(t.Context(), seen))

		got := listed()
		wanted := []*auth.Session{seen, begun, newest, older}
		if diff := cmp.Diff(ids(wanted, sessionID), ids(got, sessionID)); diff != "" {
			t.Fatalf("others are listed (-want +got):\n%s", diff)
		}
		for i := range wanted {
			same(t, wanted[i], got[i])
		}
	})

	t.Run("a touch moves the time last seen forward and never back", func(t *testing.T) {
		in := addSession(t, s, addUser(t, s).ID)
		start := in.LastSeenAt
		for _, step := range []struct{ touch, seen time.Duration }{
			{time.Microsecond, time.Microsecond}, {time.Hour, time.Hour}, {time.Minute, time.Hour}, {-time.Hour, time.Hour},
		} {
			must(t, s.TouchSession(t.Context(), in.ID, start.Add(step.touch)))
			in.LastSeenAt = start.Add(step.seen)
			session, _, err := s.SessionByDigest(t.Context(), in.TokenDigest)
			must(t, err)
			same(t, in, session)
		}
	})

	t.Run("a touch of a session that is gone is no error", func(t *testing.T) {
		must(t, s.TouchSession(t.Context(), newID(), noon))
	})

	t.Run("a renewed session has another token and keeps everything else", func(t *testing.T) {
		in := addSession(t, s, addUser(t, s).ID)
		old := in.TokenDigest
		in.TokenDigest, in.AuthenticatedAt = digest(), noon.Add(time.Hour)
		generation, err := s.RenewSession(t.Context(), in.ID, in.TokenDigest, in.AuthenticatedAt)
		must(t, err)
		if in.Generation++; generation != in.Generation {
			t.Errorf("its tokens are of generation %d, want %d", generation, in.Generation)
		}
		_, _, err = s.SessionByDigest(t.Context(), old)
		want(t, auth.ErrNotFound, err)
		session, _, err := s.SessionByDigest(t.Context(), in.TokenDigest)
		must(t, err)
		same(t, in, session)
	})

	t.Run("a session that is gone cannot be renewed", func(t *testing.T) {
		_, err := s.RenewSession(t.Context(), newID(), digest(), noon)
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a session ends once", func(t *testing.T) {
		u := addUser(t, s)
		in, other := addSession(t, s, u.ID), addSession(t, s, u.ID)
		must(t, s.EndSession(t.Context(), in.ID))
		want(t, auth.ErrNotFound, s.EndSession(t.Context(), in.ID))
		_, _, err := s.SessionByDigest(t.Context(), in.TokenDigest)
		want(t, auth.ErrNotFound, err)
		_, _, err = s.SessionByDigest(t.Context(), other.TokenDigest)
		must(t, err)
	})

	t.Run("all sessions of a user end but the one excepted, and no one else's", func(t *testing.T) {
		u, other := addUser(t, s), addUser(t, s)
		stays, others := addSession(t, s, u.ID), addSession(t, s, other.ID)
		addSession(t, s, u.ID)
		addSession(t, s, u.ID)
		for _, step := range []struct {
			except uuid.UUID
			ended  int
		}{{stays.ID, 2}, {stays.ID, 0}, {uuid.Nil, 1}, {uuid.Nil, 0}} {
			n, err := s.EndSessions(t.Context(), u.ID, step.except)
			must(t, err)
			if n != step.ended {
				t.Errorf("%d sessions ended, want %d", n, step.ended)
			}
		}
		_, _, err := s.SessionByDigest(t.Context(), others.TokenDigest)
		must(t, err)
	})
}
