package auth

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// tx is the transaction that a use case works in: what the store offers, one time for everything that
// is done in it, and the facts of the request. A new tx is made for each run of a transaction, so one
// that lost a race for its locks leaves nothing behind.
type tx struct {
	Tx
	at       time.Time
	request  Request
	actor    Actor         // zero: the user of the account, or someone who is not signed in
	acts     []observedAct // written down in it
	enqueued bool          // an email was added to the outbox
	noEvents bool          // no events are kept
}

// observedAct is an act that the Observer hears of after the commit.
type observedAct struct {
	act     Act
	outcome string
}

// do runs fn in a transaction and commits if it returns nil. After the commit it tells the Observer
// what was written down, and wakes the mailer if an email was enqueued. Errors begin with the verb of the
// use case, such as "log in". The store may run fn again from the start, so fn changes nothing
// outside of the transaction but its own results.
//
// All transactions begin here.
func (s *Service) do(ctx context.Context, verb string, fn func(tx *tx) error) error {
	var done *tx
	err := s.store.InTx(ctx, func(stored Tx) error {
		done = &tx{Tx: stored, at: s.now(), request: RequestFrom(ctx), noEvents: s.config.EventsKept < 0}
		return fn(done)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", verb, err)
	}
	if s.config.Observer != nil {
		for _, a := range done.acts {
			s.config.Observer.Acted(a.act, a.outcome)
		}
	}
	if done.enqueued {
		s.mailer.Wake()
	}
	return nil
}

// audit writes down an act that is done in the transaction.
func (tx *tx) audit(ctx context.Context, act Act, userID, sessionID uuid.UUID) error {
	return tx.write(ctx, AuditEvent{Act: act, Outcome: outcomeOK, UserID: userID, SessionID: sessionID})
}

// auditRefusal writes down an act that is refused, with the code of the first problem. The
// transaction has to be committed, so the refusal cannot be its error.
func (tx *tx) auditRefusal(ctx context.Context, act Act, why Problems, userID, sessionID uuid.UUID) error {
	return tx.write(ctx, AuditEvent{Act: act, Outcome: string(why[0].Code), UserID: userID, SessionID: sessionID})
}

// observeRefusal is auditRefusal for what is counted, and not written down.
func (tx *tx) observeRefusal(act Act, why Problems) {
	tx.acts = append(tx.acts, observedAct{act, string(why[0].Code)})
}

// auditAPIClient writes down what is done to an API client, or by it.
func (tx *tx) auditAPIClient(ctx context.Context, act Act, client *APIClient, userID, sessionID uuid.UUID) error {
	return tx.write(ctx, AuditEvent{Act: act, Outcome: outcomeOK, UserID: userID, SessionID: sessionID, APIClientID: client.ID})
}

// write adds an event to the audit trail, with the time, the actor and the facts of the request.
func (tx *tx) write(ctx context.Context, event AuditEvent) error {
	tx.sign(&event)
	if err := tx.AddAuditEvent(ctx, &event); err != nil {
		return err
	}
	tx.acts = append(tx.acts, observedAct{event.Act, event.Outcome})
	return tx.emitFor(ctx, &event)
}

// writeAll is write for many, which are told as no events.
func (tx *tx) writeAll(ctx context.Context, events []*AuditEvent) error {
	for _, event := range events {
		tx.sign(event)
		tx.acts = append(tx.acts, observedAct{event.Act, event.Outcome})
	}
	return tx.Imports().AddAuditEvents(ctx, events)
}

// sign puts the time, the actor and the facts of the request on an event.
func (tx *tx) sign(event *AuditEvent) {
	event.ID, event.At = newID(), tx.at
	event.Actor, event.Reason = tx.actor.name, tx.actor.reason
	event.RequestID, event.IPAddress, event.UserAgent = tx.request.ID, tx.request.address(), tx.request.UserAgent
}

// enqueue adds an email to the outbox, due at once, with the facts of the request, which a notice
// tells. Its recipient is the item's EmailKey unless the item names another.
func (tx *tx) enqueue(ctx context.Context, item OutboxItem) error {
	item.ID, item.CreatedAt, item.DueAt = newID(), tx.at, tx.at
	item.Recipient = cmp.Or(item.Recipient, item.EmailKey)
	item.LowPriority = item.Job.lowPriority()
	item.IPAddress, item.Device = tx.request.address(), deviceInWords(tx.request.UserAgent)
	if err := tx.AddToOutbox(ctx, &item); err != nil {
		return err
	}
	tx.enqueued = true
	return nil
}
