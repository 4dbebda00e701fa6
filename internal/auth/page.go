package auth

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Bounds of what is listed in pages.
const (
	PageSize    = 20 // unless more or less is asked for
	PageSizeMax = 100
)

// PageRequest says which part of a list is wanted, as Relay's connections do: the first ones after a cursor, or the
// last ones before it. Nil: not said.
type PageRequest struct {
	First, Last   *int
	After, Before *string
}

// Page is a part of a list.
type Page[T any] struct {
	Items       []T
	Cursors     []string // one for each item
	HasNext     bool
	HasPrevious bool
}

// Position is a place in a list: that of the item with the id, which may be gone.
type Position struct {
	Time time.Time `json:"t,omitzero"` // of a list in order of time; zero: before all others
	Text string    `json:"k,omitzero"` // of a list in order of a text
	ID   uuid.UUID `json:"i"`

	Number int64 `json:"n,omitzero"` // of a list in order of a number
}

// What is wrong with a page that was asked for.
var (
	errPageBounds = &Error{Kind: BadInput, Message: fmt.Sprintf("Ask for `first` or for `last`, not for both, and for 0 to %d of them. `after` goes with `first`, `before` with `last`.", PageSizeMax)}
	errCursor     = &Error{Kind: BadInput, Message: "This cursor is not one of this list: it is of another one, or of one with another filter or order. Begin at the first page."}
)

// window is a part of a list as a store reads it.
type window struct {
	backward bool
	size     int
	from     *Position // exclusive; nil: the beginning, or the end
}

// cursorPurpose is what cursors are sealed for. They are bound to the list, with its filter and order: what a client
// has of another one opens nothing here.
const cursorPurpose = "cursor of a list"

// window returns the part of a list that is asked for.
func (s *Service) window(request PageRequest, list string) (window, error) {
	w := window{size: PageSize, backward: request.Last != nil}
	wanted, cursor := request.First, request.After
	if w.backward {
		wanted, cursor = request.Last, request.Before
	}
	switch {
	case request.First != nil && request.Last != nil,
		w.backward && request.After != nil, !w.backward && request.Before != nil,
		wanted != nil && (*wanted < 0 || *wanted > PageSizeMax):
		return window{}, errPageBounds
	case wanted != nil:
		w.size = *wanted
	}
	if cursor == nil {
		return w, nil
	}
	sealed, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return window{}, errCursor
	}
	plain, err := s.keys.under.Open(cursorPurpose, sealed, list)
	if err != nil {
		return window{}, errCursor
	}
	w.from = new(Position)
	if err := json.Unmarshal(plain, w.from); err != nil {
		return window{}, errCursor
	}
	return w, nil
}

// limit is how many items to read: one more than wanted, which tells whether there are more.
func (w window) limit() int { return w.size + 1 }

// page makes a page of what was read for a window, in the direction of it.
func page[T any](s *Service, list string, w window, read []T, at func(T) Position) (*Page[T], error) {
	p := &Page[T]{Items: read}
	more := len(read) > w.size
	if more {
		p.Items = read[:w.size]
	}
	p.HasNext, p.HasPrevious = more, w.from != nil
	if w.backward {
		slices.Reverse(p.Items)
		p.HasNext, p.HasPrevious = w.from != nil, more
	}
	for _, item := range p.Items {
		plain, err := json.Marshal(at(item))
		if err != nil {
			return nil, fmt.Errorf("make a cursor: %w", err)
		}
		p.Cursors = append(p.Cursors, base64.RawURLEncoding.EncodeToString(s.keys.under.Seal(cursorPurpose, plain, list)))
	}
	return p, nil
}

// listNamed names a list with what it is filtered and ordered by.
func listNamed(field string, by ...any) (string, error) {
	described, err := json.Marshal(by)
	if err != nil {
		return "", fmt.Errorf("describe a list: %w", err)
	}
	return field + " " + string(described), nil
}
