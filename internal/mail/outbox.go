package mail

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// How the outbox works.
const (
	workers           = 4                // mails sent at once
	leaseFor          = 10 * time.Second // how long a mail is ours without being renewed
	renewEvery        = leaseFor / 3
	lookEvery         = time.Second // without being woken; at most a quarter more or less
	outageMax         = 5 * time.Second
	composeFor        = 15 * time.Second // how long to wait for the store to say what to send
	settleFor         = 10 * time.Second // how long to try to write down what came of a mail
	shutdownGrace     = 10 * time.Second // for mails being sent when the program stops
	interruptFor      = 2 * time.Second  // for writing down that they were interrupted
	giveUpAfter       = 48 * time.Hour   // the age at which a mail is abandoned
	firstRetry        = 2 * time.Second
	lastRetry         = 15 * time.Minute // others to the same address wait for it too
	triesBeforeBypass = 5                // after which a mail that cannot be composed, or is refused for now, is bypassed
)

// Composer decides what letter an item of the outbox asks for, and mints its token.
type Composer interface {
	// Compose returns auth.ErrNoLetter for an item that nobody is to get a mail of. Any other
	// error means that it could not be decided; it is tried again until it can.
	Compose(ctx context.Context, item *auth.OutboxItem) (*auth.Letter, error)
}

// Outbox sends the mail that is owed. Any number of them, in any number of processes, share one
// store. A mail is sent at least once; twice only if who sent it died, or lost the store, before
// writing that down. Mails to one address leave in the order in which they were owed; one that cannot be
// made, by a fault of ours or of a template, is bypassed by the others, and so is one that the mail server
// goes on refusing.
type Outbox struct {
	store    auth.OutboxStore
	renderer *Renderer
	sender   Sender
	log      *slog.Logger
	now      func() time.Time
	woken    chan struct{}

	observers []Observer
}

// NewOutbox returns an outbox that has to be Run. By now it judges what is due and what is too old;
// it waits by the runtime's clock.
func NewOutbox(store auth.OutboxStore, renderer *Renderer, sender Sender, logger *slog.Logger, now func() time.Time) *Outbox {
	return &Outbox{
		store: store, renderer: renderer, sender: sender, log: logger, now: now,
		woken: make(chan struct{}, 1),
	}
}

var _ auth.Mailer = (*Outbox)(nil)

// Wake implements auth.Mailer: the outbox is looked at now. It never blocks.
func (o *Outbox) Wake() {
	select {
	case o.woken <- struct{}{}:
	default: // it has been told already
	}
}

// errInterrupted is why a mail was not sent when the program stopped.
var errInterrupted = errors.New("the program stopped while it was being sent")

// Run sends mail until ctx ends. Then it starts no more, gives those being sent 10 s to get
// through, hands back the rest, and returns nil. When the store cannot be reached it waits and tries
// again, and says so in the log once when that begins and once when it is over.
func (o *Outbox) Run(ctx context.Context, composer Composer) error {
	sending, interrupt := context.WithCancelCause(context.WithoutCancel(ctx))
	defer interrupt(nil)

	free := make(chan struct{}, workers) // holds one for each worker that has nothing to do
	for range workers {
		free <- struct{}{}
	}
	var running sync.WaitGroup
	var down outage
	for {
		leased, full, err := o.lease(ctx, free)
		if ctx.Err() != nil && len(leased) == 0 {
			break
		}
		down.note(o.log, err, o.now())
		for _, l := range leased {
			running.Go(func() {
				defer func() { free <- struct{}{} }()
				o.deliver(sending, composer, l)
			})
		}
		if !full && !o.wait(ctx, down.pause()) {
			break
		}
	}

	finished := make(chan struct{})
	go func() { running.Wait(); close(finished) }()
	if waitFor(finished, shutdownGrace) {
		return nil
	}
	interrupt(errInterrupted)
	if !waitFor(finished, interruptFor+time.Second) {
		o.log.Error("mail: a sender did not stop when it was told to")
	}
	return nil
}

// lease takes as many items as there are free workers, and waits for one of them if there is none.
// Full says that there may be more to take. Items that are returned have a worker taken from free
// each, whatever the error.
func (o *Outbox) lease(ctx context.Context, free chan struct{}) (leased []*lease, full bool, err error) {
	select {
	case <-free:
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	limit := 1
	for limit < workers && len(free) > 0 { // nobody else takes from it
		<-free
		limit++
	}

	// Each time a new holder, so that a worker that was too slow is not taken for its successor.
	holder, now := uuid.New(), o.now()
	asking, cancel := context.WithTimeout(ctx, leaseFor)
	items, err := o.store.LeaseOutbox(asking, holder, now, now.Add(leaseFor), limit)
	cancel()
	for range limit - len(items) {
		free <- struct{}{}
	}
	for _, item := range items {
		leased = append(leased, &lease{item: item, holder: holder, until: now.Add(leaseFor)})
	}
	return leased, len(items) == limit, err
}

// wait returns when the outbox is worth another look: true, or false when ctx has ended.
func (o *Outbox) wait(ctx context.Context, about time.Duration) bool {
	timer := time.NewTimer(jitter(about*3/4, about*5/4))
	defer timer.Stop()
	select {
	case <-o.woken:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return ctx.Err() == nil
}

// waitFor waits until done is closed, but no longer than d, and reports whether it was.
func waitFor(done <-chan struct{}, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// outage counts how often in a row the store could not be reached.
type outage struct {
	since time.Time
	count int
}

// note logs the beginning and the end of an outage, and nothing in between.
func (d *outage) note(log *slog.Logger, err error, now time.Time) {
	switch {
	case err != nil && d.count == 0:
		d.since, d.count = now, 1
		log.Error("mail: the outbox cannot be read; trying again until it can", "reason", reason(err))
	case err != nil:
		d.count++
	case d.count > 0:
		log.Info("mail: the outbox can be read again", "after", now.Sub(d.since).Round(time.Second).String())
		*d = outage{}
	}
}

// pause returns how long to wait before the next look: longer the longer the outage lasts.
func (d *outage) pause() time.Duration {
	return min(lookEvery<<min(max(d.count-1, 0), 10), outageMax)
}

// retryAfter returns how long to wait after so many attempts.
func retryAfter(attempts int) time.Duration {
	if attempts <= 1 {
		return firstRetry
	}
	longest := min(firstRetry<<min(attempts-1, 20), lastRetry)
	return jitter(longest/2, longest)
}

// jitter returns a time between the two, so that many who wait do not come at once.
func jitter(from, to time.Duration) time.Duration {
	return from + rand.N(to-from+1) //nolint:gosec // nobody gains by guessing it
}
