package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("audit trail", auditTrail)
	_ = newCalls(calls{
		"AddAuditEvent": func(ctx context.Context, s rows) error { return s.AddAuditEvent(ctx, newEvent(newID(), noon)) },
		"AuditEvents": func(ctx context.Context, s rows) error {
			_, err := s.AuditEvents(ctx, uuid.Nil, noon, uuid.Nil, 1)
			return err
		},
	})
)

func newEvent(user uuid.UUID, at time.Time) *auth.AuditEvent {
	return &auth.AuditEvent{
		ID:        newID(),
		At:        at,
		Act:       "logged_in",
		Outcome:   "ok",
		UserID:    user,
		SessionID: newID(),
		RequestID: "request",
		IPAddress: "2001:db8::1",
		UserAgent: "curl/8",

		APIClientID: newID(),
		Actor:       "operator",
		Reason:      "asked for by mail",
	}
}

func addEvent(t *testing.T, s auth.Store, user uuid.UUID, at time.Time) *auth.AuditEvent {
	t.Helper()
	event := newEvent(user, at)
	must(t, s.AddAuditEvent(t.Context(), event))
	return event
}

func eventID(e *auth.AuditEvent) uuid.UUID { return e.ID }

func auditTrail(t *testing.T, open Open) {
	wantEvents := func(t *testing.T, s auth.Store, user uuid.UUID, from time.Time, after uuid.UUID, limit int, wanted ...*auth.AuditEvent) {
		t.Helper()
		got, err := s.AuditEvents(t.Context(), user, from, after, limit)
		must(t, err)
		if diff := cmp.Diff(ids(wanted, eventID), ids(got, eventID)); diff != "" {
			t.Errorf("other events are listed (-want +got):\n%s", diff)
		}
	}

	t.Run("an event comes back as it was added, whether its user is known, gone or none", func(t *testing.T) {
		s := open(t)
		full, bare := newEvent(addUser(t, s).ID, noon), &auth.AuditEvent{ID: newID(), At: noon.Add(time.Second), Act: "signed_up"}
		must(t, s.AddAuditEvent(t.Context(), full))
		must(t, s.AddAuditEvent(t.Context(), bare))
		got, err := s.AuditEvents(t.Context(), uuid.Nil, time.Time{}, uuid.Nil, 10)
		must(t, err)
		if len(got) != 2 {
			t.Fatalf("%d events are listed", len(got))
		}
		same(t, full, got[0])
		same(t, bare, got[1])
	})

	t.Run("events are listed in order of time, page by page, and none twice", func(t *testing.T) {
		s := open(t)
		u := newID()
		last := addEvent(t, s, u, noon.Add(time.Hour))
		second, third := addEvent(t, s, u, noon.Truncate(time.Second)), addEvent(t, s, u, noon.Truncate(time.Second))
		fourth := addEvent(t, s, newID(), noon)
		first := addEvent(t, s, uuid.Nil, noon.Add(-time.Hour))

		wantEvents(t, s, uuid.Nil, time.Time{}, uuid.Nil, 0)
		wantEvents(t, s, uuid.Nil, time.Time{}, uuid.Nil, 2, first, second)
		wantEvents(t, s, uuid.Nil, second.At, second.ID, 2, third, fourth)
		wantEvents(t, s, uuid.Nil, fourth.At, fourth.ID, 2, last)
		wantEvents(t, s, uuid.Nil, last.At, last.ID, 2)
		wantEvents(t, s, uuid.Nil, fourth.At, uuid.Nil, 9, fourth, last)
		wantEvents(t, s, u, time.Time{}, uuid.Nil, 9, second, third, last)
		wantEvents(t, s, u, second.At, second.ID, 1, third)
		wantEvents(t, s, newID(), time.Time{}, uuid.Nil, 9)
	})
}
