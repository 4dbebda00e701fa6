package auth

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// passwordCostReader finds out what the hashes of passwords cost that are stored.
type passwordCostReader interface {
	// PasswordCosts returns the classes of all hashes of users and sign-ups, each once, with "unknown" for all hashes of
	// another kind than this program stores. It reads all of them.
	PasswordCosts(ctx context.Context) ([]secret.HashClass, error)
}

// LearnPasswordCosts looks at all hashes that are stored, and has every login with a wrong password take the same work
// whoever has the address, also where hashes are from before the costs were lowered, or from another program: see
// secret.Hasher.Learn. It returns of how many classes the accounts are told all the same.
func (s *Service) LearnPasswordCosts(ctx context.Context) (told int, err error) {
	classes, err := s.store.PasswordCosts(ctx)
	if err != nil {
		return 0, fmt.Errorf("learn what password hashes cost: %w", err)
	}
	return s.hasher.Learn(classes), nil
}

// How long it is until the costs are learned again: after they could not be read, and after they could. Between the two,
// a replica with other settings or an import may bring other hashes.
const (
	learnCostsAfterFault = time.Minute
	learnCostsEvery      = time.Hour
)

// CostLearner learns the costs of the stored hashes, beside a server that answers already: it reads every hash.
// A dear hash that is met raises the level by itself, so the server runs without it, too. One of another program that is
// met and was not learned yet, as after an import, has everything learned at once.
type CostLearner struct {
	service *Service
	logger  *slog.Logger
	after   func(time.Duration) <-chan time.Time
}

// NewCostLearner returns a CostLearner that waits with after, which is time.After outside of tests.
func NewCostLearner(service *Service, logger *slog.Logger, after func(time.Duration) <-chan time.Time) *CostLearner {
	return &CostLearner{service: service, logger: logger, after: after}
}

// Run learns the costs every hour and after each import, and returns nil when ctx ends. What fails is logged and tried again every minute.
func (l *CostLearner) Run(ctx context.Context) error {
	for {
		next := learnCostsAfterFault
		if l.learn(ctx) {
			next = learnCostsEvery
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.after(next):
		case <-l.service.hasher.Unlearned():
		}
	}
}

// learn reports whether the costs are known.
func (l *CostLearner) learn(ctx context.Context) bool {
	told, err := l.service.LearnPasswordCosts(ctx)
	switch {
	case err != nil && ctx.Err() == nil:
		l.logger.LogAttrs(ctx, slog.LevelWarn,
			"cannot read what password hashes cost; until the next try, accounts with an older, dearer hash may be told by the time of a login", slog.Any("error", err))
	case told > 0:
		l.logger.LogAttrs(ctx, slog.LevelWarn,
			"some password hashes cannot be read, or are of too many kinds; the time of a login may tell their accounts", slog.Int("kinds", told))
	}
	return err == nil
}
