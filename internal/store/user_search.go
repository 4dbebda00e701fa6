package store

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// dialectText is an expression in the words of each kind of database, as an index has it (migration 0026).
type dialectText map[string]string

// The order of texts is that of their bytes, which SQLite has by itself. Whoever never signed in comes before all others.
var (
	emailInOrder    = dialectText{Postgres: `u.email_key COLLATE "C"`, SQLite: `u.email_key`}
	usernameInOrder = dialectText{Postgres: `u.username_key COLLATE "C"`, SQLite: `u.username_key`}
	nameInOrder     = dialectText{Postgres: `lower(u.name COLLATE "C")`, SQLite: `lower(u.name)`}
	loginInOrder    = dialectText{Postgres: `COALESCE(u.last_login_at, '-infinity')`, SQLite: `COALESCE(u.last_login_at, '')`}
	neverInOrder    = dialectText{Postgres: `'-infinity'`, SQLite: `''`}
)

// SearchUsers returns the users of a query, in its order.
func (c *conn) SearchUsers(ctx context.Context, query auth.UserQuery) ([]*auth.User, error) {
	const doing = "search users"
	if query.Limit <= 0 {
		return nil, nil
	}
	if err := checkFilter(doing, query.Filter); err != nil {
		return nil, err
	}
	var rows []*userRow
	q := c.filterUsers(c.reads.NewSelect().Model(&rows), query.Filter).Relation("Password").Limit(int64(query.Limit))
	if err := c.orderUsers(q, query).Scan(ctx); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	users := make([]*auth.User, len(rows))
	for i, row := range rows {
		users[i] = row.user()
	}
	return users, nil
}

// CountUsers counts the users that pass a filter, up to limit.
func (c *conn) CountUsers(ctx context.Context, filter auth.UserFilter, limit int) (int, error) {
	const doing = "count users"
	if err := checkFilter(doing, filter); err != nil {
		return 0, err
	}
	found := c.filterUsers(c.reads.NewSelect().Model((*userRow)(nil)), filter).ColumnExpr("1").Limit(int64(limit))
	var count int
	err := c.reads.NewSelect().TableExpr("(?) AS found", found).ColumnExpr("count(*)").Scan(ctx, &count)
	return count, c.fail(ctx, doing, err)
}

func checkFilter(doing string, filter auth.UserFilter) error {
	return checkTexts(doing, filter.Search, filter.Email)
}

// orderUsers puts the users of a query in order, from where it says.
func (c *conn) orderUsers(q *bun.SelectQuery, query auth.UserQuery) *bun.SelectQuery {
	direction, comparison := "ASC", ">"
	if query.Descending {
		direction, comparison = "DESC", "<"
	}
	by := "u.created_at"
	switch query.By {
	case auth.OrderByEmail: // which is one user's
		by = emailInOrder[c.kind]
		if query.From != nil {
			q.Where(by+" "+comparison+" ?", query.From.Text)
		}
		return q.OrderExpr(by + " " + direction)
	case auth.OrderByLastLoginAt:
		by = loginInOrder[c.kind]
	case auth.OrderByCreatedAt:
	}
	if query.From != nil {
		var at any = stored(query.From.Time)
		if query.From.Time.IsZero() {
			at = bun.Safe(neverInOrder[c.kind])
		}
		q.Where("("+by+", u.id) "+comparison+" (?, ?)", at, query.From.ID)
	}
	return q.OrderExpr(by + " " + direction + ", u.id " + direction)
}

// filterUsers keeps the users that pass a filter.
func (c *conn) filterUsers(q *bun.SelectQuery, filter auth.UserFilter) *bun.SelectQuery {
	if filter.Search != "" {
		q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, text := range []dialectText{emailInOrder, usernameInOrder, nameInOrder} {
				q = beginsWith(q, text[c.kind], filter.Search)
			}
			return q
		})
	}
	if filter.Email != "" {
		q.Where("u.email_key = ?", filter.Email)
	}
	if len(filter.Roles) > 0 {
		q.Where("u.role IN (?)", bun.List(filter.Roles))
		if !slices.Contains(filter.Roles, auth.RoleUser) {
			q.Where("u.role <> 'USER'") // as the index of those says
		}
	}
	whether(q, filter.Disabled, "(u.disabled_at IS NOT NULL OR u.deleted_at IS NOT NULL)", "u.disabled_at IS NULL AND u.deleted_at IS NULL")
	whether(q, filter.Verified, "u.verified_at IS NOT NULL", "u.verified_at IS NULL")
	whether(q, filter.SecondFactor, "u.second_factor_since IS NOT NULL", "u.second_factor_since IS NULL")
	atTime(q, "u.created_at >= ?", filter.CreatedAfter)
	atTime(q, "u.created_at < ?", filter.CreatedBefore)
	atTime(q, loginInOrder[c.kind]+" < ?", filter.LastLoginBefore)
	return q
}

// whether keeps the rows of which something is as wanted, if it is.
func whether(q *bun.SelectQuery, wanted *bool, holds, fails string) {
	switch {
	case wanted == nil:
	case *wanted:
		q.Where(holds)
	default:
		q.Where(fails)
	}
}

func atTime(q *bun.SelectQuery, comparison string, at time.Time) {
	if !at.IsZero() {
		q.Where(comparison, stored(at))
	}
}

// beginsWith adds the rows of which a text begins with a prefix. It is a range in the order of bytes, so no character
// of the prefix has a meaning, and an index finds it.
func beginsWith(q *bun.SelectQuery, text, prefix string) *bun.SelectQuery {
	end, bounded := prefixEnd(prefix)
	if !bounded {
		return q.WhereOr(text+" >= ?", prefix)
	}
	return q.WhereOr("("+text+" >= ? AND "+text+" < ?)", prefix, end)
}

// prefixEnd returns the first text, in the order of bytes, after all that begin with the prefix; false if there is none.
func prefixEnd(prefix string) (string, bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		switch last {
		case utf8.MaxRune:
			continue
		case 0xD7FF: // what follows are surrogates, which no text has
			return prefix + "\uE000", true
		default:
			return prefix + string(last+1), true
		}
	}
	return "", false
}

// LockAdmins locks the administrators, and others, in the order of their ids.
func (c *conn) LockAdmins(ctx context.Context, others ...uuid.UUID) ([]uuid.UUID, error) {
	var rows []*userRow
	q := c.writes.NewSelect().Model(&rows).Column("id", "role", "disabled_at", "deleted_at").
		Where("u.role <> 'USER' AND u.role = ?", auth.RoleAdmin).OrderExpr("u.id")
	if len(others) > 0 {
		q.WhereOr("u.id IN (?)", bun.List(others))
	}
	if c.kind == Postgres {
		q.For("UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, c.fail(ctx, "lock the administrators", err)
	}
	var enabled []uuid.UUID
	for _, row := range rows {
		if user := row.user(); user.Role == auth.RoleAdmin && !user.Disabled() {
			enabled = append(enabled, user.ID)
		}
	}
	return enabled, nil
}

// Administration is the part of a transaction for those who administer users.
func (c *conn) Administration() auth.AdminTx { return c }
