package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// UserFilter says which users are wanted: those of whom all of it holds.
type UserFilter struct {
	// Search is what the email address, the username or the name begins with. Capitals make no difference in ASCII.
	Search       string
	Email        string // the whole address
	Roles        []Role // one of these; none: any
	Disabled     *bool  // also by the deletion of an account that is not erased yet
	Verified     *bool  // whether the address is confirmed
	SecondFactor *bool  // whether there is one
	// Created and signed in at these times or later, or before; zero: whenever. Whoever never signed in did so before
	// every time.
	CreatedAfter, CreatedBefore, LastLoginBefore time.Time
}

// UserOrderField is what users are put in order by.
type UserOrderField string

// What there is of it. Users of whom it is the same follow their ids.
const (
	OrderByCreatedAt   UserOrderField = "CREATED_AT"
	OrderByLastLoginAt UserOrderField = "LAST_LOGIN_AT"
	OrderByEmail       UserOrderField = "EMAIL"
)

// OrderDirection is a direction of an order.
type OrderDirection string

// The directions.
const (
	Ascending  OrderDirection = "ASC"
	Descending OrderDirection = "DESC"
)

// UserOrder is an order of users. The zero one is the newest first.
type UserOrder struct {
	Field     UserOrderField
	Direction OrderDirection
}

// UserQuery is what a store is asked for.
type UserQuery struct {
	Filter     UserFilter // its search and its address are keys
	By         UserOrderField
	Descending bool
	From       *Position // only those after it, in the direction; nil: from the first
	Limit      int
}

// countedUsers is up to how many users are counted.
const countedUsers = 10_000

// ListUsers returns a part of the users that pass a filter. Errors: kind BadInput for a page that nobody can ask for,
// and for the cursor of another list.
func (s *Service) ListUsers(ctx context.Context, request PageRequest, filter UserFilter, order UserOrder) (*Page[*User], error) {
	if order.Field == "" {
		order = UserOrder{OrderByCreatedAt, Descending}
	}
	list, err := listNamed("users", filter, order)
	if err != nil {
		return nil, err
	}
	w, err := s.window(request, list)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	if filter, err = s.keyed(ctx, filter); err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	read, err := s.store.SearchUsers(ctx, UserQuery{
		Filter: filter, By: order.Field, Descending: (order.Direction == Descending) != w.backward, From: w.from, Limit: w.limit(),
	})
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return page(s, list, w, read, func(u *User) Position {
		switch order.Field {
		case OrderByEmail:
			return Position{Text: u.Email.Canonical, ID: u.ID}
		case OrderByLastLoginAt:
			return Position{Time: u.LastLoginAt, ID: u.ID}
		case OrderByCreatedAt:
		}
		return Position{Time: u.CreatedAt, ID: u.ID}
	})
}

// CountUsers returns how many users pass a filter; false if they are more than 10,000, which are not counted.
func (s *Service) CountUsers(ctx context.Context, filter UserFilter) (count int, ok bool, err error) {
	if filter, err = s.keyed(ctx, filter); err == nil {
		count, err = s.store.CountUsers(ctx, filter, countedUsers+1)
	}
	if err != nil {
		return 0, false, fmt.Errorf("count users: %w", err)
	}
	return count, count <= countedUsers, nil
}

// keyed returns the filter with the keys of what was typed.
func (s *Service) keyed(ctx context.Context, filter UserFilter) (UserFilter, error) {
	filter.Search = lowerASCII(norm.NFC.String(strings.TrimSpace(filter.Search)))
	if filter.Email == "" {
		return filter, nil
	}
	email, err := address.ParseEmail(filter.Email)
	if err != nil {
		return filter, nil //nolint:nilerr // nobody has what is no address
	}
	email, err = s.held(ctx, email)
	filter.Email = email.Canonical
	return filter, err
}

// lowerASCII lowers the capitals of ASCII, as both databases do.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
