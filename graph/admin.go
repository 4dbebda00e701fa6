package graph

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// directory finds users and what was done to them.
type directory interface {
	ListUsers(ctx context.Context, page auth.PageRequest, filter auth.UserFilter, order auth.UserOrder) (*auth.Page[*auth.User], error)
	CountUsers(ctx context.Context, filter auth.UserFilter) (count int, ok bool, err error)
	AccountByID(ctx context.Context, id uuid.UUID) (*auth.User, error)
	SessionsOf(ctx context.Context, userIDs []uuid.UUID) (map[uuid.UUID][]*auth.Session, error)
	SecondFactorsOf(ctx context.Context, users map[uuid.UUID]auth.Role) (map[uuid.UUID]*auth.SecondFactors, error)
	IdentitiesOf(ctx context.Context, userIDs []uuid.UUID) (map[uuid.UUID][]*auth.Identity, error)
	ListAuditEvents(ctx context.Context, page auth.PageRequest, filter auth.AuditFilter) (*auth.Page[*auth.AuditEvent], error)
	LatestAuditEvents(ctx context.Context, page auth.PageRequest, userIDs []uuid.UUID) (map[uuid.UUID]*auth.Page[*auth.AuditEvent], error)
}

// administration acts on the accounts of others.
type administration interface {
	CreateAccount(ctx context.Context, actor auth.Actor, in auth.NewAccount) (*auth.User, error)
	SetRole(ctx context.Context, actor auth.Actor, name string, role auth.Role) (*auth.User, error)
	SetProfile(ctx context.Context, actor auth.Actor, name string, in auth.UpdateProfileInput) (*auth.User, error)
	DisableAccount(ctx context.Context, actor auth.Actor, name string) (*auth.User, error)
	EnableAccount(ctx context.Context, actor auth.Actor, name string) (*auth.User, error)
	ConfirmAccount(ctx context.Context, actor auth.Actor, name string) (*auth.User, error)
	EndAccountSessions(ctx context.Context, actor auth.Actor, name string) (int, error)
	SendPasswordReset(ctx context.Context, actor auth.Actor, name string) (*auth.User, error)
	RemoveFactors(ctx context.Context, actor auth.Actor, name string) (*auth.User, error)
	DeleteUser(ctx context.Context, actor auth.Actor, name string) (uuid.UUID, error)
}

// administrator is the caller of a field, as who acts on the account of another.
func administrator(ctx context.Context) auth.Actor { return auth.Administrator(caller(ctx)) }

// adminUsers are users who were found together: what else is asked of them is read of all at once.
func (r *Resolver) adminUsers(users ...*auth.User) []model.AdminUser {
	ids := make([]uuid.UUID, len(users))
	roles := make(map[uuid.UUID]auth.Role, len(users))
	for i, u := range users {
		ids[i], roles[u.ID] = u.ID, u.Role
	}
	page := &model.UserPage{
		Sessions: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*auth.Session, error) {
			return r.directory.SessionsOf(ctx, ids)
		}),
		Factors: model.NewBatch(func(ctx context.Context) (map[uuid.UUID]*auth.SecondFactors, error) {
			return r.directory.SecondFactorsOf(ctx, roles)
		}),
		Identities: model.NewBatch(func(ctx context.Context) (map[uuid.UUID][]*auth.Identity, error) {
			return r.directory.IdentitiesOf(ctx, ids)
		}),
		AuditEvents: r.latestEvents(ids),
	}
	all := make([]model.AdminUser, len(users))
	for i, u := range users {
		all[i] = model.AdminUser{
			ID: u.ID, Email: u.Email.Address, EmailVerified: u.EmailVerified(),
			Username: stringOrNil(u.Username.Name), Name: stringOrNil(u.Name), Profile: u.Profile, Role: u.Role,
			Disabled: u.Disabled(), DisabledReason: stringOrNil(u.DisabledReason), DeletedAt: timeOrNil(u.DeletedAt),
			HasPassword: u.HasPassword(), CreatedAt: u.CreatedAt, UpdatedAt: u.UpdatedAt, LastLoginAt: timeOrNil(u.LastLoginAt),
			Page: page,
		}
	}
	return all
}

// notSaid is no number of events that is asked for.
const notSaid = math.MinInt

// latestEvents returns a batch for each number of events that is asked for.
func (r *Resolver) latestEvents(ids []uuid.UUID) func(first *int) *model.Batch[*auth.Page[*auth.AuditEvent]] {
	var mu sync.Mutex
	batches := map[int]*model.Batch[*auth.Page[*auth.AuditEvent]]{}
	return func(first *int) *model.Batch[*auth.Page[*auth.AuditEvent]] {
		mu.Lock()
		defer mu.Unlock()
		key := notSaid
		if first != nil {
			key = *first
		}
		if batches[key] == nil {
			batches[key] = model.NewBatch(func(ctx context.Context) (map[uuid.UUID]*auth.Page[*auth.AuditEvent], error) {
				return r.directory.LatestAuditEvents(ctx, auth.PageRequest{First: first}, ids)
			})
		}
		return batches[key]
	}
}

func (r *Resolver) userConnection(page *auth.Page[*auth.User], filter auth.UserFilter, err error) (*model.UserConnection, error) {
	if err != nil {
		return nil, err
	}
	users := r.adminUsers(page.Items...)
	edges := make([]model.UserEdge, len(users))
	for i := range users {
		edges[i] = model.UserEdge{Cursor: page.Cursors[i], Node: &users[i]}
	}
	return &model.UserConnection{Edges: edges, Nodes: users, PageInfo: pageInfo(page), Filter: filter}, nil
}

func pageInfo[T any](page *auth.Page[T]) model.PageInfo {
	info := model.PageInfo{HasNextPage: page.HasNext, HasPreviousPage: page.HasPrevious}
	if n := len(page.Cursors); n > 0 {
		info.StartCursor, info.EndCursor = &page.Cursors[0], &page.Cursors[n-1]
	}
	return info
}

// adminUser is one user, null if there is none.
func (r *Resolver) adminUser(user *auth.User, err error) (*model.AdminUser, error) {
	if errors.Is(err, auth.ErrNotFound) {
		return nil, nil //nolint:nilnil // null is the answer
	}
	if err != nil {
		return nil, err
	}
	return &r.adminUsers(user)[0], nil
}

func (r *Resolver) adminUserPayload(user *auth.User, err error) (*model.AdminUserPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	p := &model.AdminUserPayload{Errors: found}
	if user != nil {
		p.User = &r.adminUsers(user)[0]
	}
	return p, nil
}

func count(n int, ok bool, err error) (*int, error) {
	if err != nil || !ok {
		return nil, err
	}
	return &n, nil
}

func auditEventConnection(page *auth.Page[*auth.AuditEvent], err error) (*model.AuditEventConnection, error) {
	if err != nil {
		return nil, err
	}
	events := make([]model.AuditEvent, len(page.Items))
	edges := make([]model.AuditEventEdge, len(page.Items))
	for i, e := range page.Items {
		events[i] = model.AuditEvent{
			ID: e.ID, At: e.At, Act: string(e.Act), Outcome: e.Outcome, UserID: idOrNil(e.UserID), SessionID: idOrNil(e.SessionID),
			Actor: stringOrNil(e.Actor), ActorID: idOrNil(e.ActorID()), Reason: stringOrNil(e.Reason),
			IPAddress: stringOrNil(e.IPAddress), Device: stringOrNil(e.Device()),
		}
		edges[i] = model.AuditEventEdge{Cursor: page.Cursors[i], Node: &events[i]}
	}
	info := pageInfo(page)
	return &model.AuditEventConnection{Edges: edges, Nodes: events, PageInfo: &info}, nil
}

// sessionsOf are the sessions of a user, of which the caller may have one.
func sessionsOf(ctx context.Context, list []*auth.Session, err error) ([]model.Session, error) {
	if err != nil {
		return nil, err
	}
	return sessions(ctx, list), nil
}

// eventsOf are events of a user: the newest, which are read of the whole page at once, or those after a cursor, which is of
// one user only.
func (r *Resolver) eventsOf(ctx context.Context, user *model.AdminUser, first *int, after *string) (*auth.Page[*auth.AuditEvent], error) {
	if after == nil {
		return user.Page.AuditEvents(first).Of(ctx, user.ID)
	}
	return r.directory.ListAuditEvents(ctx, auth.PageRequest{First: first, After: after}, auth.AuditFilter{UserID: &user.ID})
}
