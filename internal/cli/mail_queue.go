package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/locale"
)

// mailQueue is the mail that waits or was given up, for operators. Addresses are shown whole, as in
// `latchkey user list`: who can run this can read the database. Tokens there are none: they are made
// when a mail is sent.
type mailQueue struct {
	List  mailQueueList  `cmd:"" default:"withargs" help:"Print the mail that waits, is being sent or was given up, the oldest first."`
	Retry mailQueueRetry `cmd:"" help:"Send a mail now, or all of them: those that were given up too. Those of an address leave in order."`
	Drop  mailQueueDrop  `cmd:"" help:"Remove a mail for good, or all of them."`
}

type mailQueueList struct {
	JSON bool `name:"json" help:"Print each mail as a line of JSON."`
}

const queueColumns = "%-36s  %-21s  %-8s  %-8s  %8s  %-10s  %-32s  %s\n"

// Run prints the queue while it is read.
func (c mailQueueList) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		now := time.Now()
		if c.JSON {
			encoder := json.NewEncoder(env.Stdout)
			return s.EachQueuedMail(ctx, func(m *auth.QueuedMail) error { return encoder.Encode(newQueueLine(m, now)) })
		}

		count := 0
		err := s.EachQueuedMail(ctx, func(m *auth.QueuedMail) error {
			if count++; count == 1 {
				if _, err := fmt.Fprintf(env.Stdout, queueColumns, "ID", "KIND", "STATE", "AGE", "ATTEMPTS", "NEXT", "FOR", "REASON"); err != nil {
					return err
				}
			}
			_, err := fmt.Fprintf(env.Stdout, queueColumns, m.ID, m.Job, m.State(now), locale.Short(now.Sub(m.CreatedAt)), fmt.Sprint(m.Attempts),
				nextTry(m, now), orDash(recipientOf(m)), orDash(m.Reason))
			return err
		})
		if err == nil && count == 0 {
			_, err = fmt.Fprintln(env.Stdout, "No mail waits, and none was given up.")
		}
		return err
	})
}

// nextTry says when a mail is tried next.
func nextTry(m *auth.QueuedMail, now time.Time) string {
	switch m.State(now) {
	case auth.MailGivenUp:
		return "-"
	case auth.MailSending:
		return "now"
	case auth.MailWaiting, auth.MailRetrying:
	}
	if wait := m.DueAt.Sub(now); wait > 0 {
		return "in " + locale.Short(wait)
	}
	return "now"
}

// recipientOf returns whom a mail is for. One that an older release owed knows it only in part.
func recipientOf(m *auth.QueuedMail) string {
	for _, known := range []string{m.Recipient, m.EmailKey, m.Address} {
		if known != "" {
			return known
		}
	}
	return ""
}

// queueLine is a mail of the queue as a line of JSON; null: none, or not known.
type queueLine struct {
	ID        uuid.UUID      `json:"id"`
	Kind      auth.Job       `json:"kind"`
	State     auth.MailState `json:"state"`
	CreatedAt time.Time      `json:"createdAt"`
	Attempts  int            `json:"attempts"`
	DueAt     *time.Time     `json:"dueAt"`
	GivenUpAt *time.Time     `json:"givenUpAt"`
	For       *string        `json:"for"`
	Reason    *string        `json:"reason"`
}

func newQueueLine(m *auth.QueuedMail, now time.Time) queueLine {
	line := queueLine{
		ID: m.ID, Kind: m.Job, State: m.State(now), CreatedAt: m.CreatedAt, Attempts: m.Attempts,
		GivenUpAt: orNull(m.AbandonedAt), For: orNull(recipientOf(m)), Reason: orNull(m.Reason),
	}
	if line.GivenUpAt == nil {
		line.DueAt = &m.DueAt
	}
	return line
}

type mailQueueRetry struct {
	ID string `arg:"" help:"Id of the mail, as the list has it, or: all."`
}

// Run has mail sent; a running server does that.
func (c mailQueueRetry) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return changeQueue(ctx, env, settings, c.ID, "to be sent now: %d. A running server does it.\n", (*auth.Service).RetryMail)
}

type mailQueueDrop struct {
	ID string `arg:"" help:"Id of the mail, as the list has it, or: all."`
	why
}

// Run removes mail.
func (c mailQueueDrop) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return changeQueue(ctx, env, settings, c.ID, "removed: %d\n", func(s *auth.Service, ctx context.Context, id uuid.UUID) (int, error) {
		return s.DropMail(ctx, operator, id)
	})
}

// changeQueue changes one mail or all, and prints how many those were.
func changeQueue(ctx context.Context, env *app.Env, settings *config.Settings, which, done string, change func(*auth.Service, context.Context, uuid.UUID) (int, error)) error {
	id := uuid.Nil
	if which != "all" {
		var err error
		if id, err = uuid.Parse(which); err != nil || id == uuid.Nil {
			return fmt.Errorf("%q is no id of a mail: `latchkey mail queue` shows them, or say all", which)
		}
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		n, err := change(s, ctx, id)
		if err != nil {
			return err
		}
		if n == 0 && id != uuid.Nil {
			return errors.New("no mail with this id waits or was given up, or it is being sent at this moment")
		}
		_, err = fmt.Fprintf(env.Stdout, done, n)
		return err
	})
}
