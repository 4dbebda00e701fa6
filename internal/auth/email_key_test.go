package auth_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// One address in its forms: as its owner writes it, with another capital, and in NFD.
const (
	eva      = "\u00c9va@lovelace.example"
	evaLower = "\u00e9va@lovelace.example"
	evaNFD   = "E\u0301va@lovelace.example"
)

// joinAsBefore makes a user with the key that a release before this one gave the address.
func joinAsBefore(t *testing.T, w *authtest.World, email string, password secret.Text) *auth.User {
	t.Helper()
	user := w.Join(t, "former@lovelace.example", password)
	parsed, err := address.ParseEmail(email)
	must(t, err)
	user.Email = address.Email{Address: email, Canonical: parsed.FormerKey()}
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error { return tx.UpdateUser(t.Context(), user) }))
	return user
}

func renewKeys(t *testing.T, w *authtest.World) []store.FormerEmailKey {
	t.Helper()
	found, err := w.Store.(interface {
		RenewEmailKeys(ctx context.Context) ([]store.FormerEmailKey, error)
	}).RenewEmailKeys(t.Context())
	must(t, err)
	return found
}

func TestAnAddressIsTheSameInEveryForm(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Optional)
		w.Join(t, eva, adasPassword)
		for _, typed := range []string{eva, evaLower, evaNFD} {
			if !logsIn(t, w, typed, adasPassword) {
				t.Errorf("%+q does not log in, want the same address", typed)
			}
			refused(t, registerAs(t, w, typed, "", newPassword), auth.EmailTaken)
			must(t, w.RequestPasswordReset(t.Context(), typed, ""))
			if got := w.Letter(t, auth.LetterReset).To.Address; got != eva {
				t.Errorf("the reset for %+q goes to %+q, want the stored %+q", typed, got, eva)
			}
		}
	})
}

func TestAnAddressWithItsFormerKeyStillWorks(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Optional)
		user := joinAsBefore(t, w, eva, adasPassword)
		caller, _ := w.LogIn(t, eva, adasPassword)
		_, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: eva, Password: adasPassword})
		must(t, err)
		refused(t, registerAs(t, w, eva, "", newPassword), auth.EmailTaken)
		refused(t, w.RequestEmailChange(t.Context(), caller, eva, ""), auth.InvalidEmail)
		found, err := w.Account(t.Context(), eva)
		must(t, err)
		if found.ID != user.ID {
			t.Errorf("the operator finds %v, want %v", found.ID, user.ID)
		}
		must(t, w.RequestPasswordReset(t.Context(), eva, ""))
		link := w.Letter(t, auth.LetterReset).Token

		if got := renewKeys(t, w); len(got) != 1 || got[0].UserID != user.ID || got[0].Taken {
			t.Errorf("got %+v, want the key of one user renewed", got)
		}
		for _, typed := range []string{eva, evaLower, evaNFD} {
			if !logsIn(t, w, typed, adasPassword) {
				t.Errorf("%+q does not log in after the key was renewed", typed)
			}
		}
		if _, err := w.ResetPassword(t.Context(), link, newPassword); err != nil {
			t.Errorf("got %v, want a link from before to work", err)
		}
		if got := renewKeys(t, w); len(got) != 0 {
			t.Errorf("the second time got %+v, want nothing left", got)
		}
		caller, _ = w.LogIn(t, evaLower, newPassword)
		must(t, w.DeleteAccount(t.Context(), caller, evaNFD))
	})
}

func TestAddressesThatCollideKeepWorking(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Optional)
		former := joinAsBefore(t, w, eva, adasPassword)
		other := w.Join(t, evaLower, evesPassword)
		if former.ID == other.ID {
			t.Fatal("there is one user, want two")
		}
		for range 2 {
			got := renewKeys(t, w)
			if len(got) != 1 || got[0].UserID != former.ID || !got[0].Taken {
				t.Errorf("got %+v, want one key that is taken", got)
			}
			if !logsIn(t, w, eva, adasPassword) || !logsIn(t, w, evaLower, evesPassword) {
				t.Error("one of the two does not log in as the address is written")
			}
			if logsIn(t, w, evaLower, adasPassword) || logsIn(t, w, eva, evesPassword) {
				t.Error("one of the two logs in with the password of the other")
			}
		}
		caller, _ := w.LogIn(t, eva, adasPassword)
		must(t, w.DeleteAccount(t.Context(), caller, eva))
		if !logsIn(t, w, evaLower, evesPassword) {
			t.Error("the other account is gone as well")
		}
	})
}

// What is done for an address whose former key is another one depends on the address alone.
func TestAnAddressWithAFormerKeyIsTheSameWork(t *testing.T) {
	t.Parallel()
	hasher := countedHasher(t)
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
	joinAsBefore(t, w, eva, adasPassword)
	w.Join(t, "\u00c9mile@lovelace.example", adasPassword)
	outbox(t, w)
	for name, do := range map[string]func(w *authtest.World, email string) (any, error){
		"login": func(w *authtest.World, email string) (any, error) {
			return w.Login(t.Context(), auth.LoginInput{Email: email, Password: wrongPassword})
		},
		"reset": func(w *authtest.World, email string) (any, error) {
			return nil, w.RequestPasswordReset(t.Context(), email, "")
		},
		"register": func(w *authtest.World, email string) (any, error) {
			return w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword})
		},
	} {
		attempt := func(email string) work {
			return measure(t, w, func(w *authtest.World) (any, error) { return do(w, email) })
		}
		want := attempt("\u00c9lise@nowhere.example")
		for _, email := range []string{eva, "\u00c9mile@lovelace.example"} {
			if diff := cmp.Diff(want, attempt(email)); diff != "" {
				t.Errorf("%s is different for %+q (-unknown +known):\n%s", name, email, diff)
			}
		}
	}
}
