package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("usernames", usernames)
	_ = newCalls(calls{
		"UserByUsername": func(ctx context.Context, s rows) error { _, err := s.UserByUsername(ctx, "nobody"); return err },
		"SetUsername": func(ctx context.Context, s rows) error {
			return s.SetUsername(ctx, newID(), auth.Username{Name: "Nobody", Key: "nobody"}, noon)
		},
		"SignUpByUsername": func(ctx context.Context, s rows) error {
			_, err := s.SignUpByUsername(ctx, "nobody")
			return err
		},
	})
)

// username returns a name that no other has.
func username() auth.Username {
	name := uuid.NewString()
	return auth.Username{Name: "Ada-" + name, Key: "ada-" + name}
}

// addUserNamed adds a user with the name.
func addUserNamed(t *testing.T, s rows, name auth.Username) *auth.User {
	t.Helper()
	u := newUser()
	u.Username = name
	must(t, s.CreateUser(t.Context(), u))
	return u
}

// addSignUpNamed adds a sign-up with the name, which expires a day after noon.
func addSignUpNamed(t *testing.T, s auth.Store, name auth.Username) *auth.SignUp {
	t.Helper()
	signUp := newSignUp(email())
	signUp.Username = name
	must(t, s.CreateSignUp(t.Context(), signUp))
	return signUp
}

// takes are the ways to take a name at a time. Each leaves nothing behind if the name is taken, and
// returns how to find who has it otherwise.
var takes = map[string]func(t *testing.T, s rows, name auth.Username, at time.Time) error{
	"by a new user": func(t *testing.T, s rows, name auth.Username, at time.Time) error {
		u := newUser()
		u.Username, u.CreatedAt = name, at
		err := s.CreateUser(t.Context(), u)
		got, missing := s.UserByID(t.Context(), u.ID)
		if err != nil {
			want(t, auth.ErrNotFound, missing)
			return err
		}
		must(t, missing)
		same(t, u, got)
		return nil
	},
	"by a sign-up": func(t *testing.T, s rows, name auth.Username, at time.Time) error {
		signUp := newSignUp(email())
		signUp.Username, signUp.CreatedAt, signUp.ExpiresAt = name, at, at.Add(time.Hour)
		err := s.CreateSignUp(t.Context(), signUp)
		got, missing := s.SignUpByID(t.Context(), signUp.ID)
		if err != nil {
			want(t, auth.ErrNotFound, missing)
			return err
		}
		must(t, missing)
		same(t, signUp, got)
		return nil
	},
	"by a user who had another": func(t *testing.T, s rows, name auth.Username, at time.Time) error {
		u := addUserNamed(t, s, username())
		err := s.SetUsername(t.Context(), u.ID, name, at)
		if err == nil {
			_, missing := s.UserByUsername(t.Context(), u.Username.Key)
			want(t, auth.ErrNotFound, missing)
			u.Username = name
		}
		got, missing := s.UserByUsername(t.Context(), u.Username.Key)
		must(t, missing)
		same(t, u, got)
		return err
	},
}

func usernames(t *testing.T, open Open) {
	s := open(t)
	expiry := newSignUp(email()).ExpiresAt

	t.Run("who has one is found by its key, and by nothing else", func(t *testing.T) {
		u, signUp := addUserNamed(t, s, username()), addSignUpNamed(t, s, username())
		gotUser, err := s.UserByUsername(t.Context(), u.Username.Key)
		must(t, err)
		same(t, u, gotUser)
		gotSignUp, err := s.SignUpByUsername(t.Context(), signUp.Username.Key)
		must(t, err)
		same(t, signUp, gotSignUp)

		for _, key := range []string{"", u.Username.Name, signUp.Username.Key, username().Key} {
			_, err = s.UserByUsername(t.Context(), key)
			want(t, auth.ErrNotFound, err)
		}
		for _, key := range []string{"", signUp.Username.Name, u.Username.Key, username().Key} {
			_, err = s.SignUpByUsername(t.Context(), key)
			want(t, auth.ErrNotFound, err)
		}
	})

	for how, take := range takes {
		t.Run("a name can be taken "+how, func(t *testing.T) {
			must(t, take(t, s, username(), noon))
		})
		t.Run("the name of a user cannot be taken "+how, func(t *testing.T) {
			name := addUserNamed(t, s, username()).Username
			want(t, auth.ErrUsernameTaken, take(t, s, name, expiry.Add(time.Hour)))
		})
		t.Run("the name of a sign-up cannot be taken "+how+" until it expires", func(t *testing.T) {
			signUp := addSignUpNamed(t, s, username())
			want(t, auth.ErrUsernameTaken, take(t, s, signUp.Username, expiry.Add(-time.Microsecond)))
			must(t, take(t, s, signUp.Username, expiry))
			// What the sign-up has lost does not come back with its end.
			_, err := s.TakeSignUps(t.Context(), signUp.Email.Canonical)
			must(t, err)
			want(t, auth.ErrUsernameTaken, take(t, s, signUp.Username, expiry))
		})
		t.Run("a name is free "+how+" when its sign-up is gone", func(t *testing.T) {
			taken := addSignUpNamed(t, s, username())
			_, err := s.TakeSignUps(t.Context(), taken.Email.Canonical)
			must(t, err)
			must(t, take(t, s, taken.Username, noon))
		})
		t.Run("a taken name leaves the transaction whole "+how, func(t *testing.T) {
			name, u := addUserNamed(t, s, username()).Username, newUser()
			must(t, inTx(t, s, func(tx auth.Tx) error {
				want(t, auth.ErrUsernameTaken, take(t, inside(t, tx), name, noon))
				return tx.CreateUser(t.Context(), u)
			}))
			_, err := s.UserByID(t.Context(), u.ID)
			must(t, err)
		})
	}

	t.Run("a new user whose address and name are taken is told both", func(t *testing.T) {
		first, second := addUserNamed(t, s, username()), newUser()
		second.Email, second.Username = first.Email, first.Username
		err := s.CreateUser(t.Context(), second)
		want(t, auth.ErrEmailTaken, err)
		want(t, auth.ErrUsernameTaken, err)
		second.Username = username()
		if err := s.CreateUser(t.Context(), second); !errors.Is(err, auth.ErrEmailTaken) || errors.Is(err, auth.ErrUsernameTaken) {
			t.Errorf("got error %v, want that the address is taken and nothing else", err)
		}
	})

	t.Run("one's own name can be written otherwise, given up and taken again", func(t *testing.T) {
		u := addUserNamed(t, s, username())
		own := u.Username
		for _, name := range []auth.Username{{Name: own.Key, Key: own.Key}, own, {}, {}, own} {
			must(t, s.SetUsername(t.Context(), u.ID, name, noon))
			got, err := s.UserByID(t.Context(), u.ID)
			must(t, err)
			u.Username = name
			same(t, u, got)
		}
		must(t, s.SetUsername(t.Context(), u.ID, auth.Username{}, noon))
		must(t, takes["by a sign-up"](t, s, own, noon))
	})

	t.Run("any number have none", func(t *testing.T) {
		for range 2 {
			addUser(t, s)
			addSignUp(t, s, email())
		}
	})

	t.Run("nobody's name cannot be set", func(t *testing.T) {
		want(t, auth.ErrNotFound, s.SetUsername(t.Context(), newID(), username(), noon))
	})

	t.Run("of thirty who take a name at once, one gets it", func(t *testing.T) {
		name, expired := username(), addSignUpNamed(t, s, username())
		for _, contested := range []struct {
			name auth.Username
			at   time.Time
		}{{name, noon}, {expired.Username, expiry}} {
			var users []*auth.User
			for range 10 {
				users = append(users, addUser(t, s))
			}
			_, errs := atOnce(30, func(i int) (any, error) {
				u, signUp := newUser(), newSignUp(email())
				u.Username, u.CreatedAt = contested.name, contested.at
				signUp.Username, signUp.CreatedAt, signUp.ExpiresAt = contested.name, contested.at, contested.at.Add(time.Hour)
				switch i % 3 {
				case 0:
					return nil, s.CreateUser(t.Context(), u)
				case 1:
					return nil, s.CreateSignUp(t.Context(), signUp)
				default:
					return nil, s.SetUsername(t.Context(), users[i/3].ID, contested.name, contested.at)
				}
			})
			if n := count(t, errs, auth.ErrUsernameTaken); n != 1 {
				t.Errorf("%d took the name", n)
			}
		}
	})
}
