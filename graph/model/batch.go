package model

import (
	"context"
	"sync"

	"github.com/google/uuid"
)

// Batch is something that is read of all users of a page at once, when it is asked for of the first of them. The fields
// of a page are resolved side by side.
type Batch[T any] struct {
	read func(ctx context.Context) (map[uuid.UUID]T, error)

	once sync.Once
	of   map[uuid.UUID]T
	err  error
}

// NewBatch returns a Batch that is read by read.
func NewBatch[T any](read func(ctx context.Context) (map[uuid.UUID]T, error)) *Batch[T] {
	return &Batch[T]{read: read}
}

// Of returns what one of the users has.
func (b *Batch[T]) Of(ctx context.Context, id uuid.UUID) (T, error) {
	b.once.Do(func() { b.of, b.err = b.read(ctx) })
	return b.of[id], b.err
}
