package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What lost a race is tried so often, for so long, and after a pause of at most so much the first
// time and twice as much each time after.
const (
	tries       = 8
	triesWithin = 10 * time.Second
	firstPause  = 10 * time.Millisecond
)

// InTx runs fn in a transaction. One in which a statement has failed is never committed, even if fn
// passes over the error; not finding a row, ErrEmailTaken and ErrUsernameTaken are no failures.
func (db *DB) InTx(ctx context.Context, fn func(tx auth.Tx) error) error {
	return db.inTx(ctx, func(tx *conn) error { return fn(tx) })
}

// inTx runs fn in a transaction. Inside of one it joins that one, and leaves it to its caller what becomes
// of an error.
func (c *conn) inTx(ctx context.Context, fn func(tx *conn) error) error {
	if c.pool == nil {
		return fn(c)
	}
	return retry(ctx, func() error { return c.runTx(ctx, fn) })
}

// singleStatement is inTx for what is one statement on Postgres, and so a transaction by itself.
func (c *conn) singleStatement(ctx context.Context, fn func() error) error {
	if c.pool == nil {
		return fn()
	}
	return retry(ctx, fn)
}

// orUndo runs fn and, if it returns auth.ErrEmailTaken or auth.ErrUsernameTaken, undoes what it did, so
// that the transaction can go on. It needs one.
func (c *conn) orUndo(ctx context.Context, doing string, fn func() error) error {
	const savepoint = "undo"
	if _, err := c.writes.NewRaw("SAVEPOINT " + savepoint).Exec(ctx); err != nil {
		return c.fail(ctx, doing, err)
	}
	err := fn()
	switch {
	case errors.Is(err, auth.ErrEmailTaken), errors.Is(err, auth.ErrUsernameTaken):
		if _, err := c.writes.NewRaw("ROLLBACK TO SAVEPOINT " + savepoint).Exec(ctx); err != nil {
			return c.fail(ctx, doing, err)
		}
	case err != nil:
		return err
	}
	if _, err := c.writes.NewRaw("RELEASE SAVEPOINT " + savepoint).Exec(ctx); err != nil {
		return c.fail(ctx, doing, err)
	}
	return err
}

// retry runs fn until it returns something else than a lost race or a prepared statement that is gone, or has had its tries.
func retry(ctx context.Context, fn func() error) error {
	begun, pause := time.Now(), firstPause
	for try := 1; ; try++ {
		err := fn()
		if !isRetryable(err) || try == tries || time.Since(begun) > triesWithin {
			return err
		}
		timer := time.NewTimer(rand.N(pause)) //nolint:gosec // two losers of a race must part, nothing more
		select {
		case <-ctx.Done():
			timer.Stop()
			return fmt.Errorf("store: wait to try again: %w", ctx.Err())
		case <-timer.C:
		}
		pause *= 2
	}
}

func (c *conn) runTx(ctx context.Context, fn func(tx *conn) error) error {
	c.prepared.prepareWanted(ctx)
	begun, err := c.pool.BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		return c.fail(ctx, "begin a transaction", err)
	}
	ended := false
	defer func() {
		if !ended { // fn failed, panicked or left its goroutine
			// When this fails, the connection is gone, and the transaction with it.
			_ = begun.Rollback()
		}
	}()

	tx := &conn{kind: c.kind, writes: begun, reads: begun, prepared: c.prepared, tx: begun.Tx, touches: c.touches}
	defer c.voidChanged(tx)
	if err := fn(tx); err != nil {
		return err
	}
	if tx.failed != nil {
		return fmt.Errorf("store: commit: a statement of the transaction failed: %w", tx.failed)
	}
	ended = true
	return c.fail(ctx, "commit", begun.Commit())
}
