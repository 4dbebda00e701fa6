package auth

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/latchkey-auth/latchkey/internal/queue"
)

// cleanUpEvery is how long it is from one clean-up to the next, give or take a tenth.
const cleanUpEvery = 10 * time.Minute

// Cleaner cleans up, and tends the signing keys, from time to time, on one replica of those that share a store.
type Cleaner struct {
	service *Service
	logger  *slog.Logger
	after   func(time.Duration) <-chan time.Time
}

// NewCleaner returns a Cleaner that waits with after, which is time.After outside of tests.
func NewCleaner(service *Service, logger *slog.Logger, after func(time.Duration) <-chan time.Time) *Cleaner {
	return &Cleaner{service: service, logger: logger, after: after}
}

// Run cleans up within the first minute and then about every ten, until ctx ends; then it returns
// nil. A clean-up that fails is logged, and the next one tries again.
func (c *Cleaner) Run(ctx context.Context) error {
	single := queue.Single{
		Name: "clean-up", First: time.Minute, Every: cleanUpEvery,
		Store: c.service.store, Now: c.service.now, After: c.after,
	}
	single.Run(ctx, c.turn, func(err error) {
		c.logger.LogAttrs(ctx, slog.LevelError, "clean-up failed", slog.Any("error", err))
	})
	return nil
}

// turn cleans up. What is not done when ctx ends is left for the next turn.
func (c *Cleaner) turn(ctx context.Context) error {
	removed, err := c.service.CleanUp(ctx, nil)
	if removed.Total() > 0 {
		c.logger.LogAttrs(ctx, slog.LevelInfo, "cleaned up", slog.Any("removed", removed))
	}
	return errors.Join(err, c.service.TendKeys(ctx))
}
