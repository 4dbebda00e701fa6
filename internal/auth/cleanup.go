package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
)

// ExpiredKind is a kind of rows that are removed some time after a moment that each holds. The file of the
// feature whose rows expire declares it with newExpired.
type ExpiredKind string

// cleanupTask removes the rows of a kind.
type cleanupTask struct {
	// order sorts the tasks and what is told of them; no two have the same.
	order int
	// kept is how long after its moment a row is kept.
	kept time.Duration
	// remove removes up to cleanUpBatch rows and returns how many it removed. Nil: CleanUpStore.Discard does it.
	remove func(s *Service, ctx context.Context) (int, error)
}

// cleanupTasks are all tasks. newExpired fills it.
var cleanupTasks = map[ExpiredKind]cleanupTask{}

// newExpired adds a kind and its task to the table and returns the kind.
func newExpired(kind ExpiredKind, task cleanupTask) ExpiredKind {
	cleanupTasks[kind] = task
	return kind
}

// CleanUpStore removes what has expired, and keeps the leases of what one replica does for all.
type CleanUpStore interface {
	// Discard removes up to limit rows of a kind, those whose moment is the time given or earlier,
	// and returns how many it removed. Of ExpiredDevices the newest of each user stays. It leaves rows
	// that are locked for another time, so several callers may discard at once.
	Discard(ctx context.Context, what ExpiredKind, upTo time.Time, limit int) (int, error)
	// TakeLease gives the lease of that name to the holder until a time, if no other holder has it at
	// now, and reports whether it did. A holder may take it again.
	TakeLease(ctx context.Context, name string, holder uuid.UUID, now, until time.Time) (bool, error)

	// ForgetSuccessors removes what is sealed in up to limit chains that were rotated at the time
	// given or earlier, and returns in how many.
	ForgetSuccessors(ctx context.Context, upTo time.Time, limit int) (int, error)
	// DeletedUsers returns up to limit users whose owners have deleted them and who have made no
	// change of address that can be undone after now, in order of their ids.
	DeletedUsers(ctx context.Context, now time.Time, limit int) ([]*User, error)
	// EndEmailChanges removes up to limit changes that can at now be neither confirmed nor undone,
	// and returns how many there were.
	EndEmailChanges(ctx context.Context, now time.Time, limit int) (int, error)
}

// cleanUpBatch is how many rows one transaction of a clean-up removes, so that nothing waits for it for long.
const cleanUpBatch = 500

// run removes up to cleanUpBatch rows of the kind.
func (t cleanupTask) run(ctx context.Context, s *Service, kind ExpiredKind) (int, error) {
	if t.remove != nil {
		return t.remove(s, ctx)
	}
	return s.store.Discard(ctx, kind, s.now().Add(-t.kept), cleanUpBatch)
}

// CleanupReport is what a clean-up removed: an entry for each kind, in the same order every time.
type CleanupReport []RemovedRows

// RemovedRows is how many rows of a kind were removed.
type RemovedRows struct {
	Kind ExpiredKind
	Rows int
}

// Total returns how many rows were removed.
func (r CleanupReport) Total() int {
	total := 0
	for _, removed := range r {
		total += removed.Rows
	}
	return total
}

// LogValue implements slog.LogValuer: the kinds of which rows were removed, and how many.
func (r CleanupReport) LogValue() slog.Value {
	var attrs []slog.Attr
	for _, removed := range r {
		if removed.Rows > 0 {
			attrs = append(attrs, slog.Int(string(removed.Kind), removed.Rows))
		}
	}
	return slog.GroupValue(attrs...)
}

// CleanUp removes everything that has expired, in small batches. If one kind cannot be removed, the
// others still are: the report tells what was removed in any case, and the error what was not. Before each
// batch it calls progress, which may be nil, with the kind and how many rows of it are removed so far.
func (s *Service) CleanUp(ctx context.Context, progress func(kind ExpiredKind, removed int)) (CleanupReport, error) {
	if progress == nil {
		progress = func(ExpiredKind, int) {}
	}
	inOrder := func(a, b ExpiredKind) int { return cmp.Compare(cleanupTasks[a].order, cleanupTasks[b].order) }
	var (
		report   CleanupReport
		failures []error
	)
	for _, kind := range slices.SortedFunc(maps.Keys(cleanupTasks), inOrder) {
		rows, err := s.removeAll(ctx, kind, progress)
		report = append(report, RemovedRows{Kind: kind, Rows: rows})
		if err != nil {
			failures = append(failures, fmt.Errorf("clean up %s: %w", kind, err))
		}
	}
	return report, errors.Join(failures...)
}

// removeAll runs the task of a kind until nothing is left to remove.
func (s *Service) removeAll(ctx context.Context, kind ExpiredKind, progress func(kind ExpiredKind, removed int)) (total int, err error) {
	for {
		progress(kind, total)
		rows, err := cleanupTasks[kind].run(ctx, s, kind)
		total += rows
		if err != nil || rows < cleanUpBatch {
			return total, err
		}
	}
}
