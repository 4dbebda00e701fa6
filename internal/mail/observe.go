package mail

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What may come of an attempt to send a mail, as observers are told it.
const (
	outcomeSent      = "sent"
	outcomeNobody    = "nobody"     // no one is to get one: the address has no account, say
	outcomeWithheld  = "withheld"   // the address has had its share of emails that anyone can have sent to it
	outcomeRetried   = "retried"    // not sent, to be tried again
	outcomeGivenUp   = "given_up"   // not sent, and kept for operators to see
	outcomeTakenOver = "taken_over" // another worker sends it by now
)

// Observer is told of each attempt to send a mail: when it begins, and by the function that it
// returns, what came of it. The work is done in the context that it returns. It is told the job and
// the outcome, which are closed sets, and nothing of the mail. It must return at once.
type Observer interface {
	MailBegun(ctx context.Context, job auth.Job) (context.Context, func(outcome string))
}

// Observe adds observers. It must be called before Run.
func (o *Outbox) Observe(observers ...Observer) { o.observers = append(o.observers, observers...) }

// begun tells the observers that an attempt begins.
func (o *Outbox) begun(ctx context.Context, job auth.Job) (context.Context, func(outcome string)) {
	ends := make([]func(string), len(o.observers))
	for i, observer := range o.observers {
		ctx, ends[i] = observer.MailBegun(ctx, job)
	}
	return ctx, func(outcome string) {
		for _, end := range ends {
			end(outcome)
		}
	}
}
