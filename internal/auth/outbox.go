package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// OutboxItem is an email to be sent. It is written in the transaction that enqueues it and holds no
// token: Service.Compose mints one when the mail is sent, and another when it is sent again.
type OutboxItem struct {
	ID        uuid.UUID
	Job       Job
	EmailKey  string    // empty: none; for jobUsernameConfirmation a username's
	UserID    uuid.UUID // uuid.Nil: none
	SignUpID  uuid.UUID // uuid.Nil: none; of a login see Password
	RequestID uuid.UUID // of the code that the mail is to bring; uuid.Nil: none
	ChangeID  uuid.UUID // of an EmailChange; uuid.Nil: none
	Address   string    // where to, if nothing else knows it any more; empty: something does
	// Recipient is the key of the address that the mail is for, as it is known without looking anybody up;
	// for jobUsernameConfirmation a username's. Mails of one recipient leave in the order of their ids.
	// Empty: in no order.
	Recipient string
	// LowPriority mail is what anybody can have sent to any address. It is in a line of its own, in which no other
	// mail of the recipient waits.
	LowPriority bool
	CreatedAt   time.Time
	DueAt       time.Time // not before then
	Attempts    int       // how often it was leased, this time included
	IPAddress   string    // of the request that enqueued it; empty: not known
	Device      string    // likewise, the user agent in words
	// RedirectURL is where the link that was asked for is to lead, as RedirectURLs.Allow returned it;
	// empty: to the page for its purpose.
	RedirectURL string
	// Password says whether the login that enqueued the email brought the right password. SignUpID is then the id of
	// the sign-up or the user whose password was compared, or one that nothing has: the email is for that one alone.
	Password PasswordCheck
}

// PasswordCheck is what came of comparing the password of a request with that of the account or the sign-up
// it is about. It says nothing of the password itself.
type PasswordCheck string

// The results. The two that a login has are of the same length, as everything is that it writes down.
const (
	PasswordNotAsked PasswordCheck = ""      // the email was enqueued by something else than a login
	PasswordRight    PasswordCheck = "right" // of the item's SignUpID
	PasswordWrong    PasswordCheck = "wrong" // no email leaves
)

// OutboxDepth is how much mail is queued.
type OutboxDepth struct {
	Due       int       // to be sent now, or being sent
	Waiting   int       // to be sent later, because it failed before
	Abandoned int       // given up, and kept for operators to see
	Oldest    time.Time // when the oldest of those due or waiting was enqueued; zero: there is none
}

// ErrNoLetter is returned by Service.Compose for an item that leads to no email: the
// address has no account, say, or the sign-up has been confirmed meanwhile.
var ErrNoLetter = errors.New("nobody is to get this mail")

// ErrWithheld is an ErrNoLetter for an item whose recipient has had its share of emails that anyone can
// have sent to it.
var ErrWithheld = fmt.Errorf("%w: its recipient has had enough of them", ErrNoLetter)

// Mailer is told that the outbox has something in it, so that mail leaves at once instead of at the
// next look. It is only a hint: what is lost with the process is found again in the outbox.
type Mailer interface {
	Wake()
}

// EmailStore remembers email that is to be sent.
type EmailStore interface {
	AddToOutbox(ctx context.Context, item *OutboxItem) error
}

// OutboxStore is the outbox for the worker that sends. An item is leased by one worker at a time; the lease is
// known by its holder's id, and what a holder does after losing it returns ErrNotFound and changes
// nothing.
type OutboxStore interface {
	// LeaseOutbox leases up to limit items that are due and that no worker holds at now, the
	// longest due first, and counts the attempt. None is no error. Of the items of one recipient only
	// the first, by id, of those of low priority and the first of the others are leased until they are
	// finished, abandoned or bypassed; an item without a recipient, or one that is bypassed, neither waits nor
	// is waited for.
	LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*OutboxItem, error)
	RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error
	// FinishOutbox removes an item: the email was sent, or no one is to get it.
	FinishOutbox(ctx context.Context, id, holder uuid.UUID) error
	// RetryOutbox gives an item back, to be due again later. The reason is kept for operators.
	RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error
	// Bypass keeps the items of the same recipient from waiting for this one any longer.
	Bypass(ctx context.Context, id, holder uuid.UUID) error
	// AbandonOutbox keeps an item where operators can see it and never leases it again.
	AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error
	// OutboxDepth counts the items, judged at now. An empty outbox is no error.
	OutboxDepth(ctx context.Context, now time.Time) (OutboxDepth, error)
	// HasNewer reports whether an item with the same job, recipient and client address was added after this one,
	// by id, and is not abandoned. One without a recipient is never enqueued again.
	HasNewer(ctx context.Context, item *OutboxItem) (bool, error)
}
