// Package mail turns what the domain has enqueued for its users into mail that arrives: it writes the letters
// (Renderer), sends them (NewSMTP, NewFolder, NewConsole) and keeps trying until they have left
// (Outbox). It imports auth, never the other way round.
//
// An email carries a token that logs a user in or changes a password. So no error and no log line
// of this package holds an address, a link or a body, and of what a mail server answers only the
// codes are kept: an answer may quote the mail.
package mail

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Message is a mail that is ready to be sent. It prints as its kind and its id.
type Message struct {
	ID      string // of the Message-ID header, without the angle brackets; random
	Kind    auth.LetterKind
	From    string // with a display name or without; RFC 5322
	To      string // the bare address, its domain in ASCII
	Subject string
	Date    time.Time
	Text    secret.Text // the plain part; lines end in LF, a link has a line of its own
	HTML    secret.Text // the same as a page
}

// String implements fmt.Stringer and gives nothing away.
func (m Message) String() string { return string(m.Kind) + " mail " + m.ID }

// GoString implements fmt.GoStringer.
func (m Message) GoString() string { return m.String() }

// LogValue implements slog.LogValuer.
func (m Message) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(m.Kind)), slog.String("id", m.ID))
}

// Sender sends one mail. A nil error means that a mail server has taken responsibility for it. An
// error that is Permanent means that trying again is in vain; any other, that it may work later.
// Errors hold no address, no link and no credentials. It is safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, m *Message) error
}

// PermanentError is a refusal that trying again does not change.
type PermanentError struct {
	Reason string // safe to print: no address, no content
}

func (e *PermanentError) Error() string { return e.Reason }

// RefusedError is a refusal of one mail, for now: the mail server itself works.
type RefusedError struct {
	Reason string // safe to print: no address, no content
}

func (e *RefusedError) Error() string { return e.Reason }

// Permanent reports whether err says that trying again is in vain.
func Permanent(err error) bool {
	var permanent *PermanentError
	return errors.As(err, &permanent)
}

// Multi sends by all the senders in turn. The first error stops it and is returned, so a mail that
// is tried again goes once more by those before: put the one that may fail last.
func Multi(senders ...Sender) Sender { return multi(senders) }

type multi []Sender

func (senders multi) Send(ctx context.Context, m *Message) error {
	for _, sender := range senders {
		if err := sender.Send(ctx, m); err != nil {
			return err
		}
	}
	return nil
}
