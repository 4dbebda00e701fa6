package auth_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// happened returns all events of a world, page by page.
func happened(t *testing.T, w *authtest.World) []*auth.Event {
	t.Helper()
	var all []*auth.Event
	size := 3
	request := auth.PageRequest{First: &size}
	for {
		page, err := w.ListEvents(t.Context(), request)
		must(t, err)
		all = append(all, page.Items...)
		if len(page.Items) > 0 {
			request.After = &page.Cursors[len(page.Cursors)-1]
		}
		if !page.HasNext {
			return all
		}
	}
}

func kindsOf(events []*auth.Event) []auth.EventKind {
	var kinds []auth.EventKind
	for _, e := range events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestEventsTellWhatHappenedToAnAccount(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		link := confirmLink(t, w, ada, adasPassword)
		if got := happened(t, w); len(got) != 0 {
			t.Errorf("got %v of an account that is not there yet, want nothing", kindsOf(got))
		}
		user, err := w.ConfirmEmail(t.Context(), link)
		must(t, err)
		logsIn(t, w, ada, wrongPassword)
		caller, token := w.LogIn(t, ada, adasPassword)
		must(t, w.Logout(t.Context(), token))
		_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
		must(t, err)
		again, _ := w.LogIn(t, ada, newPassword)
		must(t, w.DeleteAccount(t.Context(), again, ada))

		got := happened(t, w)
		want := []auth.EventKind{
			"user.signed_up", "user.confirmed", "user.signed_in", "user.signed_out", "user.password_changed",
			"user.signed_in", "user.deleted", "user.erased",
		}
		if diff := cmp.Diff(want, kindsOf(got)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		for i, e := range got {
			session := uuid.Nil
			switch i {
			case 2, 3:
				session = caller.Session.ID
			case 5:
				session = again.Session.ID
			}
			if e.UserID != user.ID || e.SessionID != session || e.At.IsZero() {
				t.Errorf("%s: got the user %s, the session %s and the time %s, want %s, %s and some time", e.Kind, e.UserID, e.SessionID, e.At, user.ID, session)
			}
		}
	})
}

func TestAnEventTellsIdsAlone(t *testing.T) {
	t.Parallel()
	e := &auth.Event{ID: uuid.New(), Kind: "user.signed_in", UserID: uuid.New(), SessionID: uuid.New()}
	want := map[string]any{"id": e.ID.String(), "userId": e.UserID.String(), "sessionId": e.SessionID.String()}
	if diff := cmp.Diff(want, e.Data()); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	e.UserID, e.SessionID = uuid.Nil, uuid.Nil
	if diff := cmp.Diff(map[string]any{"id": e.ID.String(), "userId": nil}, e.Data()); diff != "" {
		t.Errorf("data of nobody (-want +got):\n%s", diff)
	}
}

// TestAnActAndItsEventAreOne interrupts each call of the store in a logout: while the session lives, nobody is told that it
// ended.
func TestAnActAndItsEventAreOne(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		_, token := joined(t, w, ada, adasPassword)
		before := kindsOf(happened(t, w))
		for number := 1; ; number++ {
			interrupted, happenedSo := authtest.Interrupt(store, number)
			err := w.Replica(authtest.Difference{Store: interrupted}).Logout(t.Context(), token)
			if !happenedSo() {
				must(t, err)
				break
			}
			if diff := cmp.Diff(before, kindsOf(happened(t, w))); diff != "" || !lives(t, w, token) {
				t.Errorf("call %d: events (-before +after):\n%s", number, diff)
			}
		}
		if got := kindsOf(happened(t, w)); !slices.Equal(got, append(before, "user.signed_out")) || lives(t, w, token) {
			t.Errorf("got %v, want that the user signed out", got)
		}
	})
}

func TestEventsAreKeptForAWhile(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.EventsKept = 2 * day
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	w.Clock.Advance(2*day - time.Second)
	for _, want := range []int{2, 0} {
		_, err := w.CleanUp(t.Context(), nil)
		must(t, err)
		if got := happened(t, w); len(got) != want {
			t.Errorf("got %v, want %d events", kindsOf(got), want)
		}
		w.Clock.Advance(time.Second)
	}
}

func TestWhereNoEventsAreKeptNoneAreWritten(t *testing.T) {
	t.Parallel()
	config := authtest.Mandatory
	config.EventsKept = -1
	store := authtest.SQLite(t)
	w := authtest.New(t, authtest.Observe(store, func(method string) {
		if strings.Contains(method, "Event") && !strings.Contains(method, "Audit") {
			t.Errorf("got a call of %s, want none", method)
		}
	}), config)
	w.Join(t, ada, adasPassword)
	w.LogIn(t, ada, adasPassword)
	_, err := w.ListEvents(t.Context(), auth.PageRequest{})
	failed(t, err, auth.BadInput)
}
