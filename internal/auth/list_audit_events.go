package auth

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// AuditFilter says which events are wanted: those of which all of it holds.
type AuditFilter struct {
	UserID       *uuid.UUID // whose account; nil: anybody's
	ActorID      *uuid.UUID // which user acted on the account of another; nil: anybody, or nobody
	Acts         []string   // one of these; none: any
	Outcome      string     // empty: any
	Since, Until time.Time  // at this time or later, and before; zero: whenever
	IPAddress    string     // empty: any
}

// AuditSearch is what a store is asked for.
type AuditSearch struct {
	Filter AuditFilter
	From   *Position // only those before it; nil: from the newest
	Limit  int
}

// ListAuditEvents returns a part of the events that pass a filter, the newest first. Errors as ListUsers.
func (s *Service) ListAuditEvents(ctx context.Context, request PageRequest, filter AuditFilter) (*Page[*AuditEvent], error) {
	list, err := listNamed("auditEvents", filter)
	if err != nil {
		return nil, err
	}
	w, err := s.window(request, list)
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	read, err := s.store.SearchAuditEvents(ctx, AuditSearch{Filter: filter, From: w.from, Limit: w.limit()})
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	return page(s, list, w, read, (*AuditEvent).position)
}

// LatestAuditEvents returns the newest events of each of the users, as ListAuditEvents does of one. Errors as ListUsers.
func (s *Service) LatestAuditEvents(ctx context.Context, request PageRequest, userIDs []uuid.UUID) (map[uuid.UUID]*Page[*AuditEvent], error) {
	w, err := s.window(request, "")
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	read, err := s.store.LatestAuditEvents(ctx, userIDs, w.limit())
	if err != nil {
		return nil, fmt.Errorf("list audit events: %w", err)
	}
	of := byUser(read, func(e *AuditEvent) uuid.UUID { return e.UserID })
	pages := make(map[uuid.UUID]*Page[*AuditEvent], len(userIDs))
	for _, id := range userIDs {
		list, err := listNamed("auditEvents", AuditFilter{UserID: &id})
		if err != nil {
			return nil, err
		}
		if pages[id], err = page(s, list, w, of[id], (*AuditEvent).position); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

func (e *AuditEvent) position() Position { return Position{Time: e.At, ID: e.ID} }

// ActorID is which user acted on the account of another; uuid.Nil: no user did.
func (e *AuditEvent) ActorID() uuid.UUID {
	id, err := uuid.Parse(e.Actor)
	if err != nil {
		return uuid.Nil
	}
	return id
}
