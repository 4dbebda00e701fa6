package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var _ = newExpiry(auth.ExpiredLoginChallenges, expiry{table: "login_challenges", key: "digest", moment: "expires_at"})

type loginChallengeRow struct {
	bun.BaseModel `bun:"table:login_challenges,alias:lc"`

	Digest    []byte    `bun:"digest,pk"`
	UserID    uuid.UUID `bun:"user_id"`
	Kind      string    `bun:"kind"`
	Methods   string    `bun:"methods"`
	Delivery  string    `bun:"delivery"`
	Passkey   []byte    `bun:"passkey_state,nullzero"`
	Tries     int       `bun:"tries"`
	CreatedAt time.Time `bun:"created_at"`
	ExpiresAt time.Time `bun:"expires_at"`
}

func (r *loginChallengeRow) challenge() *auth.LoginChallenge {
	return &auth.LoginChallenge{
		Digest:       r.Digest,
		UserID:       r.UserID,
		Kind:         auth.ChallengeKind(r.Kind),
		Methods:      splitMethods(r.Methods),
		Delivery:     auth.Delivery(r.Delivery),
		PasskeyState: r.Passkey,
		Tries:        r.Tries,
		CreatedAt:    r.CreatedAt.UTC(),
		ExpiresAt:    r.ExpiresAt.UTC(),
	}
}

// CreateLoginChallenge adds a challenge; ErrNotFound when there is no such user.
func (c *conn) CreateLoginChallenge(ctx context.Context, challenge *auth.LoginChallenge) error {
	const doing = "create a login challenge"
	row := &loginChallengeRow{
		Digest:    challenge.Digest,
		UserID:    challenge.UserID,
		Kind:      string(challenge.Kind),
		Methods:   joinMethods(challenge.Methods),
		Delivery:  string(challenge.Delivery),
		Passkey:   challenge.PasskeyState,
		Tries:     challenge.Tries,
		CreatedAt: stored(challenge.CreatedAt),
		ExpiresAt: stored(challenge.ExpiresAt),
	}
	if err := checkTexts(doing, row.Kind, row.Methods, row.Delivery); err != nil {
		return err
	}
	_, err := c.writes.NewInsert().Model(row).Returning("NULL").Exec(ctx)
	return c.fail(ctx, doing, err)
}

// LoginChallengeByDigest returns a challenge and its user.
func (c *conn) LoginChallengeByDigest(ctx context.Context, digest []byte) (*auth.LoginChallenge, *auth.User, error) {
	const doing = "find a login challenge"
	row := new(loginChallengeRow)
	if err := c.reads.NewSelect().Model(row).Where("lc.digest = ?", digest).Scan(ctx); err != nil {
		return nil, nil, c.fail(ctx, doing, err)
	}
	user, err := c.user(ctx, doing, userByID, row.UserID)
	if err != nil {
		return nil, nil, err
	}
	return row.challenge(), user, nil
}

// TryLoginChallenge counts a try. That there are only so many is this one statement.
func (c *conn) TryLoginChallenge(ctx context.Context, digest []byte, limit int) error {
	result, err := c.writes.NewUpdate().Model((*loginChallengeRow)(nil)).Set("tries = tries + 1").
		Where("lc.digest = ?", digest).Where("lc.tries < ?", limit).Exec(ctx)
	return c.mustAffectOne(ctx, "try a login challenge", result, err)
}

// TakeLoginChallenge removes a challenge. Its single use is this one statement.
func (c *conn) TakeLoginChallenge(ctx context.Context, digest []byte) error {
	result, err := c.writes.NewDelete().Model((*loginChallengeRow)(nil)).Where("lc.digest = ?", digest).Exec(ctx)
	return c.mustAffectOne(ctx, "take a login challenge", result, err)
}

// DeleteLoginChallenges removes all challenges of a user.
func (c *conn) DeleteLoginChallenges(ctx context.Context, userID uuid.UUID) error {
	_, err := c.writes.NewDelete().Model((*loginChallengeRow)(nil)).Where("lc.user_id = ?", userID).Exec(ctx)
	return c.fail(ctx, "delete login challenges", err)
}
