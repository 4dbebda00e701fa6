package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/queue"
)

// composeError is a failure to find out what to send. It says nothing about the email, so it is never
// a reason for giving it up.
type composeError struct{ err error }

func (e *composeError) Error() string { return "composing it failed: " + e.err.Error() }
func (e *composeError) Unwrap() error { return e.err }

// renderError is a fault in making the email itself. It says nothing about the address, so that others to
// it need not wait.
type renderError struct{ err error }

func (e *renderError) Error() string { return e.err.Error() }
func (e *renderError) Unwrap() error { return e.err }

// queueWorker works for the queue while an outbox runs.
type queueWorker struct {
	*Outbox
	composer Composer
}

// Begin implements queue.Worker.
func (p *queueWorker) Begin(ctx context.Context, item *auth.OutboxItem) (context.Context, queue.Attempt) {
	log := p.log.With("item", item.ID.String(), "errand", string(item.Job), "attempt", item.Attempts)
	ctx, ended := p.begun(ctx, item.Job)
	return ctx, &delivery{queueWorker: p, item: item, log: log, ended: ended}
}

// StoreLost implements queue.Worker.
func (p *queueWorker) StoreLost(err error) {
	p.log.Error("mail: the outbox cannot be read; trying again until it can", "reason", reason(err))
}

// StoreBack implements queue.Worker.
func (p *queueWorker) StoreBack(after time.Duration) {
	p.log.Info("mail: the outbox can be read again", "after", after.Round(time.Second).String())
}

// Stuck implements queue.Worker.
func (p *queueWorker) Stuck() { p.log.Error("mail: a sender did not stop when it was told to") }

// delivery is an attempt to send one item.
type delivery struct {
	*queueWorker
	item  *auth.OutboxItem
	log   *slog.Logger
	ended func(outcome string)
	sent  bool          // there was an email to send, and it is sent
	kept  bool          // there was one, and it was withheld
	age   time.Duration // of the item, when it was judged
}

// Work composes, renders and sends the email, if there is one to send. What panics on the way is
// this email's failure alone.
func (d *delivery) Work(ctx context.Context) (err error) {
	defer func() {
		if value := recover(); value != nil {
			// The value of a panic may quote the email; those of the runtime do not.
			what := fmt.Sprintf("%T", value)
			if fault, ok := value.(runtime.Error); ok {
				what = reason(fault)
			}
			d.log.Error("mail: panic while it was being sent", "panic", what, "stack", string(debug.Stack()))
			err = &renderError{errors.New("panic: " + what)}
		}
	}()

	composing, cancel := context.WithTimeout(ctx, composeFor)
	letter, err := d.composer.Compose(composing, d.item)
	cancel()
	switch {
	case errors.Is(err, auth.ErrWithheld):
		d.log.Warn("mail: withheld: its address has had its share of the emails that anyone can have sent to it")
		d.kept = true
		return nil
	case errors.Is(err, auth.ErrNoLetter):
		return nil
	case err != nil:
		return &composeError{err}
	}
	message, err := d.renderer.Render(letter)
	if err != nil {
		return &renderError{err}
	}
	if err := d.sender.Send(ctx, message); err != nil {
		return err
	}
	d.log.Info("mail: sent", "kind", string(letter.Kind))
	d.sent = true
	return nil
}

// Judge implements queue.Attempt: the email is done, tried again, or given up. When that lets others
// leave that have waited for it, the outbox is looked at again.
func (d *delivery) Judge(err error, now time.Time) queue.Verdict {
	d.age = now.Sub(d.item.CreatedAt)
	release := mayBypass(err, d.item.Attempts)
	verdict := queue.Verdict{Outcome: queue.Done}
	var undecided *composeError
	switch {
	case err == nil:
	case Permanent(err), d.age >= giveUpAfter && !errors.As(err, &undecided):
		verdict = queue.Verdict{Outcome: queue.GivenUp, Reason: reason(err)}
	default:
		verdict = queue.Verdict{Outcome: queue.Retry, Reason: reason(err), After: retries.After(d.item.Attempts), Release: release}
	}
	verdict.Look = d.item.Recipient != "" && (verdict.Outcome != queue.Retry || release)
	return verdict
}

// mayBypass reports whether an email that failed must not hold up others to the same address. While the
// store is away nothing is leased, so an email that cannot be composed again and again has another fault; and
// while the mail server is away it refuses no single email.
func mayBypass(err error, attempts int) bool {
	var made *renderError
	var undecided *composeError
	var refused *RefusedError
	return errors.As(err, &made) || (errors.As(err, &undecided) || errors.As(err, &refused)) && attempts >= triesBeforeBypass
}

// Settling implements queue.Attempt.
func (d *delivery) Settling(v queue.Verdict) {
	switch v.Outcome {
	case queue.GivenUp:
		d.log.Error("mail: given up", "age", d.age.Round(time.Second).String(), "reason", v.Reason)
	case queue.Retry:
		d.log.Warn("mail: not sent, to be tried again", "after", v.After.Round(time.Second).String(), "reason", retryReason(v))
	case queue.Done, queue.TakenOver: // nothing went wrong
	}
}

// Lost implements queue.Attempt.
func (d *delivery) Lost() { d.log.Info("mail: another worker has taken it over") }

// Unsettled implements queue.Attempt.
func (d *delivery) Unsettled(err error) {
	d.log.Error("mail: what came of it could not be stored; it will be sent again", "reason", reason(err))
}

// outcomes are the queue's outcomes in the words of an Observer.
var outcomes = map[queue.Outcome]string{
	queue.TakenOver: outcomeTakenOver, queue.Done: outcomeSent, queue.Retry: outcomeRetried, queue.GivenUp: outcomeGivenUp,
}

// Ended implements queue.Attempt.
func (d *delivery) Ended(outcome queue.Outcome) {
	word := outcomes[outcome]
	switch {
	case outcome == queue.Done && d.kept:
		word = outcomeWithheld
	case outcome == queue.Done && !d.sent:
		word = outcomeNobody
	}
	d.ended(word)
}
