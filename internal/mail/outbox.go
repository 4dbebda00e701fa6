package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/queue"
)

// How the outbox works.
const (
	workers           = 4                // emails sent at once
	composeFor        = 15 * time.Second // how long to wait for the store to say what to send
	giveUpAfter       = 48 * time.Hour   // the age at which an email is abandoned
	triesBeforeBypass = 5                // after which an email that cannot be composed, or is refused for now, is bypassed
)

// retries says when an email is tried again. Others to the same address wait for it too.
var retries = queue.Backoff{First: 2 * time.Second, Most: 15 * time.Minute}

// Composer decides what letter an item of the outbox asks for, and mints its token.
type Composer interface {
	// Compose returns auth.ErrNoLetter for an item that leads to no email. Any other
	// error means that it could not be decided; it is tried again until it can.
	Compose(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error)
}

// Outbox sends the email that was enqueued. Any number of them, in any number of processes, share one
// store. An email is sent at least once; twice only if its sender died, or lost the store, before
// it stored the outcome. Emails to one address leave in the order in which they were enqueued; one that cannot be
// made, by a fault of ours or of a template, is bypassed by the others, and so is one that the mail server
// keeps refusing.
type Outbox struct {
	queue    *queue.Queue[*auth.OutboxItem]
	renderer *Renderer
	sender   Sender
	log      *slog.Logger

	observers []Observer
}

// NewOutbox returns an outbox that has to be Run. By now it judges what is due and what is too old;
// it waits by the runtime's clock.
func NewOutbox(store auth.OutboxStore, renderer *Renderer, sender Sender, logger *slog.Logger, now func() time.Time) *Outbox {
	return &Outbox{
		queue:    queue.New(outboxStore{store}, workers, now, time.After),
		renderer: renderer, sender: sender, log: logger,
	}
}

var _ auth.Mailer = (*Outbox)(nil)

// Wake implements auth.Mailer: the outbox is looked at now. It never blocks.
func (o *Outbox) Wake() { o.queue.Wake() }

// Run sends email until ctx ends. Then it starts no more, gives those being sent 10 s to get
// through, hands back the rest, and returns nil. When the store cannot be reached it waits and tries
// again, and says so in the log once when that begins and once when it ends.
func (o *Outbox) Run(ctx context.Context, composer Composer) error {
	o.queue.Run(ctx, &queueWorker{Outbox: o, composer: composer})
	return nil
}

// outboxStore is the outbox as a queue.
type outboxStore struct{ auth.OutboxStore }

// Lease implements queue.Store.
func (s outboxStore) Lease(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	return s.LeaseOutbox(ctx, holder, now, until, limit)
}

// Renew implements queue.Store.
func (s outboxStore) Renew(ctx context.Context, item *auth.OutboxItem, holder uuid.UUID, until time.Time) error {
	return asLost(s.RenewLease(ctx, item.ID, holder, until))
}

// Settle implements queue.Store.
func (s outboxStore) Settle(ctx context.Context, item *auth.OutboxItem, holder uuid.UUID, now time.Time, v queue.Verdict) error {
	switch v.Outcome {
	case queue.Done:
		return asLost(s.FinishOutbox(ctx, item.ID, holder))
	case queue.GivenUp:
		return asLost(s.AbandonOutbox(ctx, item.ID, holder, now, v.Reason))
	case queue.Retry, queue.TakenOver: // it is given back
	}
	if v.Release {
		if err := s.Bypass(ctx, item.ID, holder); err != nil {
			return asLost(err)
		}
	}
	return asLost(s.RetryOutbox(ctx, item.ID, holder, now.Add(v.After), retryReason(v)))
}

// asLost says in the queue's words that another worker has an item.
func asLost(err error) error {
	if errors.Is(err, auth.ErrNotFound) {
		return queue.ErrLost
	}
	return err
}

// errInterrupted is why an email was not sent when the program stopped.
var errInterrupted = errors.New("the program stopped while it was being sent")

// retryReason returns why an email is to be sent again, for operators.
func retryReason(v queue.Verdict) string {
	if v.Interrupted {
		return reason(errInterrupted)
	}
	return v.Reason
}
