package auth

import (
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Purpose says what a one-time token is good for.
type Purpose string

// The purposes of one-time tokens.
const (
	PurposeConfirm     Purpose = "confirm"
	PurposeReset       Purpose = "reset"
	PurposeEmailChange Purpose = "email_change" // of an EmailChangeToken
	PurposeUndo        Purpose = "undo"         // likewise
)

// OneTimeToken is the right to do one thing once, which only somebody who reads the mail of Email
// can have. It belongs to a user, or to a sign-up that is not one yet, and dies with it.
type OneTimeToken struct {
	Digest    []byte // SHA-256
	Purpose   Purpose
	UserID    uuid.UUID // uuid.Nil: none
	SignUpID  uuid.UUID // uuid.Nil: none
	EmailKey  string    // the address that it was mailed to
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Job is what a row of the outbox asks for. It names no template: which mail comes of it, if any
// does, is decided when it is sent, by who has the address then.
type Job string

// The jobs.
const (
	JobSignUp       Job = "sign_up"      // somebody signed up: SignUpID
	JobConfirmation Job = "confirmation" // somebody wants the confirmation again: EmailKey
	// JobUsernameConfirmation is JobConfirmation for whoever has a username: its key is in
	// EmailKey. Whether anybody has it is found out when the mail is composed.
	JobUsernameConfirmation Job = "username_confirmation"
	JobPasswordReset        Job = "password_reset"   // somebody forgot a password: EmailKey
	JobPasswordChanged      Job = "password_changed" // a notice: UserID

	JobLoginCode            Job = "login_code"            // somebody wants to log in by code: EmailKey, RequestID
	JobReauthenticationCode Job = "reauthentication_code" // a user wants to prove who they are: UserID, RequestID

	JobEmailChange    Job = "email_change"    // somebody wants another address: ChangeID
	JobEmailChanged   Job = "email_changed"   // a notice to the old address: ChangeID
	JobAccountDeleted Job = "account_deleted" // a notice: UserID, or Address if there is no user any more
)

// lowPriority reports whether strangers can owe as much of it to an address as they like, so that nothing that
// its owner waits for may stand behind it.
func (j Job) lowPriority() bool {
	return j == JobSignUp || j == JobConfirmation || j == JobUsernameConfirmation || j == JobEmailChange
}

// OutboxItem is a mail that is owed. It is written in the transaction that owes it and holds no
// token: Service.Compose mints one when the mail is sent, and another when it is sent again.
type OutboxItem struct {
	ID        uuid.UUID
	Job       Job
	EmailKey  string    // empty: none; for JobUsernameConfirmation a username's
	UserID    uuid.UUID // uuid.Nil: none
	SignUpID  uuid.UUID // uuid.Nil: none
	RequestID uuid.UUID // of the code that the mail is to bring; uuid.Nil: none
	ChangeID  uuid.UUID // of an EmailChange; uuid.Nil: none
	Address   string    // where to, if nothing else knows it any more; empty: something does
	// Recipient is the key of the address that the mail is for, as it is known without looking anybody up;
	// for JobUsernameConfirmation a username's. Mails of one recipient leave in the order of their ids.
	// Empty: in no order.
	Recipient string
	// LowPriority mail is what anybody can have sent to any address. It is in a line of its own, in which no other
	// mail of the recipient waits.
	LowPriority bool
	CreatedAt   time.Time
	DueAt       time.Time // not before then
	Attempts    int       // how often it was leased, this time included
	IPAddress   string    // of the request that it is owed to; empty: not known
	Device      string    // likewise, the user agent in words
	// RedirectURL is where the link that was asked for is to lead, as RedirectURLs.Allow returned it;
	// empty: to the page for its purpose.
	RedirectURL string
}

// OutboxDepth is how much mail is owed.
type OutboxDepth struct {
	Due       int       // to be sent now, or being sent
	Waiting   int       // to be sent later, because it failed before
	Abandoned int       // given up, and kept for operators to see
	Oldest    time.Time // when the oldest of those due or waiting was owed; zero: there is none
}

// ErrNoLetter is returned by Service.Compose for an item that nobody is to get a mail of: the
// address has no account, say, or the sign-up has been confirmed meanwhile.
var ErrNoLetter = errors.New("nobody is to get this mail")

// LetterKind names the template of a mail.
type LetterKind string

// The kinds of letters.
const (
	LetterConfirm              LetterKind = "confirm"
	LetterReset                LetterKind = "reset"
	LetterAlreadyRegistered    LetterKind = "already_registered"
	LetterPasswordChanged      LetterKind = "password_changed"
	LetterEmailChange          LetterKind = "email_change"
	LetterEmailChanged         LetterKind = "email_changed"
	LetterEmailTaken           LetterKind = "email_taken"
	LetterAccountDeleted       LetterKind = "account_deleted"
	LetterLoginCode            LetterKind = "login_code"
	LetterReauthenticationCode LetterKind = "reauthentication_code"
)

// Letter is a mail as the domain sees it: to whom, about what, with which token or code. Links, words and
// looks are the mail package's.
type Letter struct {
	Kind      LetterKind
	To        Email
	Name      string        // of the addressee; empty: not known
	Token     secret.Text   // of the link; empty: no link
	Code      secret.Text   // to be typed, as XXXX-XXXX; empty: none
	ValidFor  time.Duration // of the link or the code
	At        time.Time     // when what it tells of happened
	Until     time.Time     // when what it tells of becomes final; zero: it is, or never does
	IPAddress string        // from where it was done; empty: not known
	Device    string        // with what, in words; empty: not known
	// RedirectURL is where the link leads, with the token in a query parameter "token" added; empty: to
	// the page for its purpose.
	RedirectURL string
}

// Mailer is told that the outbox has something in it, so that mail leaves at once instead of at the
// next look. It is only a hint: what is lost with the process is found again in the outbox.
type Mailer interface {
	Wake()
}
