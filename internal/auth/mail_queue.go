package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// QueuedMail is an item of the outbox as operators see it. There is no token in it, because there is
// none in the outbox.
type QueuedMail struct {
	OutboxItem
	LeasedUntil time.Time // zero: no worker has it
	AbandonedAt time.Time // zero: it was not given up
	Reason      string    // why the last attempt failed, in words that quote no one; empty: none has failed
}

// MailState says what becomes of a queued mail next.
type MailState string

// The states of queued mail.
const (
	MailWaiting  MailState = "waiting"  // to be sent for the first time
	MailRetrying MailState = "retrying" // to be sent again
	MailSending  MailState = "sending"  // being sent
	MailGivenUp  MailState = "given up" // not to be sent, unless an operator retries it
)

// State returns the state of the mail at a time.
func (m *QueuedMail) State(now time.Time) MailState {
	switch {
	case !m.AbandonedAt.IsZero():
		return MailGivenUp
	case now.Before(m.LeasedUntil):
		return MailSending
	case m.Reason != "":
		return MailRetrying
	}
	return MailWaiting
}

// MailQueueStore is the outbox for operators, who need no lease.
type MailQueueStore interface {
	// QueuedMail returns up to limit items in order of their ids, those after the given one; uuid.Nil
	// is before the first. Items that were abandoned are among them.
	QueuedMail(ctx context.Context, after uuid.UUID, limit int) ([]*QueuedMail, error)
	// RetryNow makes the item due at a time, as if it had never been tried or abandoned, though no
	// younger, and returns how many it was; uuid.Nil: all items. What a worker holds at that time is left alone.
	RetryNow(ctx context.Context, id uuid.UUID, at time.Time) (int, error)
}

// mailDropStore removes email that operators do not want to be sent.
type mailDropStore interface {
	// DropMail removes the item, or all items for uuid.Nil, and returns the user of each, in no order; uuid.Nil for
	// one that names none. Who holds one has lost it.
	DropMail(ctx context.Context, id uuid.UUID) ([]uuid.UUID, error)
}

var actMailDropped = newAct("mail_dropped", "An operator removed queued email: of an account that it names, or of none.", outcomeOK)

// ExpiredMail was given up, and kept for operators to see.
var ExpiredMail = newExpired("mails given up", cleanupTask{order: 80, kept: 30 * 24 * time.Hour})

// queuePage is how many items EachQueuedMail reads at once.
const queuePage = 100

// EachQueuedMail calls fn with every email that is queued or was given up, in the order in which they were
// enqueued, until it returns an error, which it returns.
func (s *Service) EachQueuedMail(ctx context.Context, fn func(*QueuedMail) error) error {
	for after := uuid.Nil; ; {
		page, err := s.store.QueuedMail(ctx, after, queuePage)
		if err != nil {
			return fmt.Errorf("list mail: %w", err)
		}
		for _, mail := range page {
			if err := fn(mail); err != nil {
				return err
			}
			after = mail.ID
		}
		if len(page) < queuePage {
			return nil
		}
	}
}

// RetryMail has a mail sent now that waits for its next attempt or was given up, or all of them for
// uuid.Nil, and returns how many it is. Those being sent are left alone. Where the recipient has others that are
// older, they go first. One that is too old to be tried for long gets one attempt.
func (s *Service) RetryMail(ctx context.Context, id uuid.UUID) (int, error) {
	n, err := s.store.RetryNow(ctx, id, s.now())
	if err != nil {
		return 0, fmt.Errorf("retry mail: %w", err)
	}
	s.mailer.Wake()
	return n, nil
}

// DropMail removes an email that is not to be sent any more, or all for uuid.Nil, and returns how many it
// was. One that is being sent at this moment may still arrive. It may be a notice that would have told a user of a
// theft, so it is written down, once for each account.
func (s *Service) DropMail(ctx context.Context, actor Actor, id uuid.UUID) (dropped int, err error) {
	err = s.do(ctx, "drop mail", by(actor, func(tx *tx) error {
		users, err := tx.DropMail(ctx, id)
		if err != nil {
			return err
		}
		dropped = len(users)
		told := map[uuid.UUID]bool{}
		for _, user := range users {
			if told[user] {
				continue
			}
			told[user] = true
			if err := tx.audit(ctx, actMailDropped, user, noSession); err != nil {
				return err
			}
		}
		return nil
	}))
	if err != nil {
		return 0, err
	}
	return dropped, nil
}
