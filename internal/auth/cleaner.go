package auth

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
)

// cleanUpEvery is how long it is from one clean-up to the next, give or take a tenth.
const cleanUpEvery = 10 * time.Minute

// cleanUpLease is the name under which one replica cleans up for all. It is held for a little less
// than the shortest pause, so that whoever has it can lose it to another, and a replica that dies
// is replaced.
const (
	cleanUpLease     = "clean-up"
	cleanUpLeaseTime = cleanUpEvery * 8 / 10
)

// Cleaner cleans up, and tends the signing keys, from time to time, on one replica of those that share a store.
type Cleaner struct {
	service *Service
	logger  *slog.Logger
	after   func(time.Duration) <-chan time.Time
	holder  uuid.UUID
}

// NewCleaner returns a Cleaner that waits with after, which is time.After outside of tests.
func NewCleaner(service *Service, logger *slog.Logger, after func(time.Duration) <-chan time.Time) *Cleaner {
	return &Cleaner{service: service, logger: logger, after: after, holder: uuid.New()}
}

// Run cleans up within the first minute and then about every ten, until ctx ends; then it returns
// nil. A clean-up that fails is logged, and the next one tries again.
func (c *Cleaner) Run(ctx context.Context) error {
	wait := spread(time.Minute)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.after(wait):
		}
		if err := c.turn(ctx); err != nil && ctx.Err() == nil {
			c.logger.LogAttrs(ctx, slog.LevelError, "clean-up failed", slog.Any("error", err))
		}
		wait = cleanUpEvery*9/10 + spread(cleanUpEvery/5)
	}
}

// turn cleans up, unless another replica has it in hand.
func (c *Cleaner) turn(ctx context.Context) error {
	now := c.service.now()
	taken, err := c.service.store.TakeLease(ctx, cleanUpLease, c.holder, now, now.Add(cleanUpLeaseTime))
	if err != nil {
		return fmt.Errorf("take the lease of the clean-up: %w", err)
	}
	if !taken {
		return nil
	}
	// What is not done when the lease ends is left for the next turn.
	ctx, cancel := context.WithTimeout(ctx, cleanUpLeaseTime)
	defer cancel()
	removed, err := c.service.CleanUp(ctx, nil)
	if removed.Total() > 0 {
		c.logger.LogAttrs(ctx, slog.LevelInfo, "cleaned up", slog.Any("removed", removed))
	}
	return errors.Join(err, c.service.TendKeys(ctx))
}

// spread returns some time up to the one given, so that replicas that start together do not go on
// together. It is as random as the id that it is taken from.
func spread(within time.Duration) time.Duration {
	id := uuid.New()
	return within * time.Duration(binary.BigEndian.Uint16(id[:2])) / (1 << 16)
}
