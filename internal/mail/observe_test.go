package mail_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

// audience is an observer that remembers.
type audience struct {
	mu   sync.Mutex
	told []string
}

type audienceKey struct{}

func (a *audience) MailBegun(ctx context.Context, job auth.Job) (context.Context, func(outcome string)) {
	return context.WithValue(ctx, audienceKey{}, true), func(outcome string) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.told = append(a.told, string(job)+" "+outcome)
	}
}

func TestTheObserverIsToldWhatCameOfAMail(t *testing.T) {
	t.Parallel()
	sends := func(err error) mail.Sender {
		return senderFunc(func(ctx context.Context, _ *mail.Message) error {
			if ctx.Value(audienceKey{}) == nil {
				t.Error("the mail is not sent in the observer's context")
			}
			return err
		})
	}
	nobody := composerFunc(func(context.Context, *auth.OutboxItem) (*auth.Letter, error) { return nil, auth.ErrNoLetter })
	for want, c := range map[string]struct {
		sender   mail.Sender
		composer mail.Composer
	}{
		"sent":     {sends(nil), resets},
		"nobody":   {sends(nil), nobody},
		"retried":  {sends(errors.New("no connection")), resets},
		"given_up": {sends(&mail.PermanentError{Reason: "550"}), resets},
	} {
		t.Run(want, func(t *testing.T) {
			inOffice(t, func(o *office) {
				watching := &audience{}
				box := mail.NewOutbox(o.store, newRenderer(o.t, settings), c.sender, slog.New(slog.NewTextHandler(o.log, nil)), time.Now)
				box.Observe(watching)
				o.owe(1, 0)
				ctx, cancel := context.WithCancel(o.t.Context())
				done := make(chan error)
				go func() { done <- box.Run(ctx, c.composer) }()
				o.pass(time.Second)
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
				if !slices.Equal(watching.told, []string{"password_reset " + want}) {
					t.Errorf("the observer was told %q", watching.told)
				}
			})
		})
	}
}
