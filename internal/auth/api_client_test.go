package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// newClient makes a backend and returns its key.
func newClient(t *testing.T, w *authtest.World, name string) (*auth.APIClient, secret.Text) {
	t.Helper()
	client, key, err := w.CreateAPIClient(t.Context(), name)
	must(t, err)
	return client, key
}

// knownClient returns the client of the key, and nil if there is none.
func knownClient(t *testing.T, w *authtest.World, id string, key secret.Text) *auth.APIClient {
	t.Helper()
	client, err := w.AuthenticateAPIClient(t.Context(), id, key)
	if err != nil {
		failed(t, err, auth.Unauthenticated)
		return nil
	}
	return client
}

func TestAClientIsKnownByItsKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		client, key := newClient(t, w, "  shop  ")
		other, otherKey := newClient(t, w, "books")
		if client.Name != "shop" || secret.CheckToken(secret.ClientKey, key) != nil || key == otherKey {
			t.Fatal("the client is not as it should be")
		}
		for _, id := range []string{"", client.ID.String()} {
			if got := knownClient(t, w, id, key); got == nil || got.ID != client.ID {
				t.Error("its key does not open")
			}
		}

		t.Run("and by no other", func(t *testing.T) {
			malformed := key[:len(key)-1]
			session := secret.NewToken(secret.SessionToken)
			asKey := secret.Text(strings.Replace(session.Reveal(), "_ses_", "_cli_", 1))
			for i, wrong := range []secret.Text{"", malformed, key + "x", secret.NewToken(secret.ClientKey), session, asKey, secret.Text(client.ID.String())} {
				if knownClient(t, w, "", wrong) != nil || knownClient(t, w, client.ID.String(), wrong) != nil {
					t.Errorf("wrong key %d opens", i)
				}
			}
			for _, id := range []string{other.ID.String(), uuid.Nil.String(), "shop", strings.ToUpper(client.ID.String()), " "} {
				if knownClient(t, w, id, key) != nil {
					t.Errorf("it opens with the id %q", id)
				}
			}
		})
		t.Run("which is no access token, nor is one a key", func(t *testing.T) {
			if lives(t, w, key) {
				t.Error("the key opens a session")
			}
			w.Join(t, ada, adasPassword)
			if _, token := w.LogIn(t, ada, adasPassword); knownClient(t, w, "", token) != nil {
				t.Error("an access token is a key")
			}
		})
	})
}

func TestTheUseOfAKeyIsWrittenDownByTheMinute(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	_, key := newClient(t, w, "shop")
	_, unused := newClient(t, w, "books")
	begun := w.Clock.Now()
	for _, step := range []struct{ after, used time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Second, time.Minute}, {time.Hour, 61 * time.Minute}} {
		w.Clock.Advance(step.after)
		if knownClient(t, w, "", key) == nil || knownClient(t, w, uuid.NewString(), unused) != nil {
			t.Fatal("the key does not open, or another does")
		}
		clients, err := w.APIClients(t.Context())
		must(t, err)
		if got := clients[0].LastUsedAt; !got.Equal(begun.Add(step.used)) {
			t.Errorf("it was used at %v, want %v after the start", got, step.used)
		}
		if !clients[1].LastUsedAt.IsZero() {
			t.Error("the use of a key with a wrong id is written down")
		}
	}
}

func TestNamesOfClients(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	newClient(t, w, "shop")
	for name, code := range map[string]auth.ProblemCode{
		"": auth.Required, " ": auth.Required, "shop": auth.InvalidName, " shop": auth.InvalidName,
		"a\x00b": auth.InvalidName, "a\x1b[31m": auth.InvalidName, "\xff": auth.InvalidName,
		strings.Repeat("x", 101): auth.InvalidName, uuid.NewString(): auth.InvalidName, strings.ToUpper(uuid.NewString()): auth.InvalidName,
	} {
		_, key, err := w.CreateAPIClient(t.Context(), name)
		refused(t, err, code)
		if key != "" {
			t.Errorf("%q: there is a key", name)
		}
	}
	newClient(t, w, "Shop")
	newClient(t, w, strings.Repeat("é", 100))
}

func TestADeletedClientIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		other := w.Replica(authtest.Difference{})
		shop, shopKey := newClient(t, w, "shop")
		books, booksKey := newClient(t, w, "books")
		_, stays := newClient(t, w, "maps")
		for i, named := range []string{"shop", " " + books.ID.String()} {
			deleted, err := w.DeleteAPIClient(t.Context(), named)
			must(t, err)
			if want := []*auth.APIClient{shop, books}[i]; deleted.ID != want.ID {
				t.Errorf("%q deletes another", named)
			}
			if _, err := w.DeleteAPIClient(t.Context(), named); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("%q again: %v", named, err)
			}
		}
		for _, key := range []secret.Text{shopKey, booksKey} {
			if knownClient(t, w, "", key) != nil || knownClient(t, other, "", key) != nil {
				t.Error("its key opens")
			}
		}
		if knownClient(t, other, "", stays) == nil {
			t.Error("another has gone, too")
		}
		for _, nobody := range []string{"", "Maps", uuid.Nil.String(), uuid.NewString(), "\xff"} {
			if _, err := w.DeleteAPIClient(t.Context(), nobody); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("%q: %v", nobody, err)
			}
		}
		if _, again := newClient(t, w, "shop"); again == shopKey || knownClient(t, w, "", shopKey) != nil {
			t.Error("the old key opens the new client")
		}
	})
}

func TestWhatIsDoneToClientsIsWrittenDown(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	client, key := newClient(t, w, "shop")
	refusedTwice, _, err := w.CreateAPIClient(t.Context(), "shop")
	refused(t, err, auth.InvalidName)
	if refusedTwice != nil {
		t.Error("there is a second one")
	}
	_, err = w.DeleteAPIClient(t.Context(), "shop")
	must(t, err)
	events := eventsOf(t, w, "")
	if len(events) != 2 || events[0].Act != "api_client_created" || events[1].Act != "api_client_deleted" {
		t.Fatalf("there are %d events", len(events))
	}
	for _, e := range events {
		if e.APIClientID != client.ID || e.UserID != uuid.Nil || e.Outcome != "ok" {
			t.Errorf("%s: it is of another, or of a user", e.Act)
		}
	}
	if knownClient(t, w, "", key) != nil {
		t.Error("the key opens")
	}
}

func TestOfManyWhoMakeAClientOfOneNameOneDoes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		oneWins(t, atOnce(10, func(int) error {
			_, _, err := w.CreateAPIClient(t.Context(), "shop")
			return err
		}), auth.InvalidName)
		if n := len(eventsOf(t, w, "api_client_created")); n != 1 {
			t.Errorf("it is written down %d times", n)
		}
	})
}
