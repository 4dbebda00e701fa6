package auth

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// EventKind names something that happened, for the programs of others, which poll events. They have these names in their
// code, so a kind keeps its text.
type EventKind string

// EventSpec is what every event of a kind has.
type EventSpec struct {
	Kind    EventKind
	Meaning string // a sentence for who reads events
	// OfSession says that the event is about a session, which it names.
	OfSession bool
}

// eventKinds are all kinds. newEvent and newSessionEvent fill it.
var eventKinds = map[EventKind]EventSpec{}

// newEvent adds a kind to the table and returns it.
func newEvent(kind EventKind, meaning string) EventKind {
	eventKinds[kind] = EventSpec{Kind: kind, Meaning: meaning}
	return kind
}

// newSessionEvent is newEvent for what is about a session.
func newSessionEvent(kind EventKind, meaning string) EventKind {
	eventKinds[kind] = EventSpec{Kind: kind, Meaning: meaning, OfSession: true}
	return kind
}

// Events returns what is known of every kind, in alphabetical order.
func Events() []EventSpec {
	return slices.SortedFunc(maps.Values(eventKinds), func(a, b EventSpec) int { return cmp.Compare(a.Kind, b.Kind) })
}

// Event is something that happened. It holds ids and nothing else: no address, no name, no token. Whoever is told of it
// asks for the rest, and sees it as it is by then.
type Event struct {
	ID        uuid.UUID
	Kind      EventKind
	At        time.Time
	UserID    uuid.UUID // whose account; of user.invited: who invited, and uuid.Nil for an operator
	SessionID uuid.UUID // which session; uuid.Nil: it is about none
	// Number puts events in an order in which none appears before one that was read: it is given when the event has been
	// committed. Zero: not yet.
	Number int64
}

// Data is what others are told of an event, beside its kind and time.
func (e *Event) Data() map[string]any {
	data := map[string]any{"id": e.ID.String(), "userId": nil}
	if e.UserID != uuid.Nil {
		data["userId"] = e.UserID.String()
	}
	if e.SessionID != uuid.Nil {
		data["sessionId"] = e.SessionID.String()
	}
	return data
}

// EventTx is what a transaction can do with events.
type EventTx interface {
	// AddEvent adds an event without a number.
	AddEvent(ctx context.Context, e *Event) error
	// NumberEvents gives up to limit events that have no number the next ones, in order of their ids, and returns how many
	// it were. Who numbers at the same time waits for the end of this transaction, so that numbers are seen in their order.
	NumberEvents(ctx context.Context, limit int) (int, error)
}

// eventReader reads events.
type eventReader interface {
	// EventsAfter returns up to limit events with numbers above the one given, in their order.
	EventsAfter(ctx context.Context, number int64, limit int) ([]*Event, error)
	// HasNewEvents reports whether there are events without a number.
	HasNewEvents(ctx context.Context) (bool, error)
}

// eventsKept is for how long events are kept unless a setting says something else.
const eventsKept = 30 * 24 * time.Hour

// oldEvents is what operators are told of ExpiredEvents.
const oldEvents = "events"

// ExpiredEvents are events that are not kept any longer.
var ExpiredEvents = newExpired(oldEvents, cleanupTask{order: 112, remove: func(s *Service, ctx context.Context) (int, error) {
	return s.store.Discard(ctx, oldEvents, s.now().Add(-max(s.config.EventsKept, 0)), cleanUpBatch)
}})

// emit writes down an event in the transaction of what it tells. It does nothing for a kind that is about a session
// without one, or about a user without one, but for an invitation.
func (tx *tx) emit(ctx context.Context, kind EventKind, userID, sessionID uuid.UUID) error {
	ofSession := eventKinds[kind].OfSession
	if tx.noEvents || userID == uuid.Nil && kind != eventInvited || ofSession && sessionID == uuid.Nil {
		return nil
	}
	e := &Event{ID: newID(), Kind: kind, At: tx.at, UserID: userID}
	if ofSession {
		e.SessionID = sessionID
	}
	return tx.Events().AddEvent(ctx, e)
}

// emitFor writes down the event of an act, if it has one.
func (tx *tx) emitFor(ctx context.Context, e *AuditEvent) error {
	kind, ok := eventOfAct[e.Act]
	if !ok || e.Outcome != outcomeOK && !slices.Contains(eventsOfRefusals, e.Act) {
		return nil
	}
	return tx.emit(ctx, kind, e.UserID, e.SessionID)
}
