package auth

import (
	"context"
	"fmt"
)

// eventBatch is how many events one transaction numbers.
const eventBatch = 500

// listOfEvents names the list for its cursors.
const listOfEvents = "events"

// errEventsOff tells an operator's program that it waits for nothing.
var errEventsOff = &Error{Kind: BadInput, Message: "This server keeps no events: LATCHKEY_EVENTS_KEPT is 0."}

// ListEvents returns events in the order in which they can be read, the oldest first. Whoever asks for those after the last
// cursor that they have misses none and sees none twice, however many things happen at once. Errors: kind BadInput for a
// page that there cannot be, and where no events are kept.
func (s *Service) ListEvents(ctx context.Context, request PageRequest) (*Page[*Event], error) {
	if s.config.EventsKept < 0 {
		return nil, errEventsOff
	}
	w, err := s.window(request, listOfEvents)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	if err := s.numberEvents(ctx); err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	var after int64
	if w.from != nil {
		after = w.from.Number
	}
	read, err := s.store.EventsAfter(ctx, after, w.limit())
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return page(s, listOfEvents, w, read, func(e *Event) Position { return Position{Number: e.Number} })
}

// numberEvents gives every event that has been committed its number.
func (s *Service) numberEvents(ctx context.Context) error {
	for {
		if some, err := s.store.HasNewEvents(ctx); err != nil || !some {
			return err
		}
		numbered := 0
		err := s.do(ctx, "number events", func(tx *tx) (err error) {
			numbered, err = tx.Events().NumberEvents(ctx, eventBatch)
			return err
		})
		if err != nil || numbered < eventBatch {
			return err
		}
	}
}
