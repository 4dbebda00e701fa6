package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

const newestEventsFirst = "a.at DESC, a.id DESC"

// SearchAuditEvents returns the events of a query, the newest first.
func (c *conn) SearchAuditEvents(ctx context.Context, query auth.AuditSearch) ([]*auth.AuditEvent, error) {
	const doing = "search audit events"
	if query.Limit <= 0 {
		return nil, nil
	}
	filter := query.Filter
	if err := checkTexts(doing, append([]string{filter.Outcome, filter.IPAddress}, filter.Acts...)...); err != nil {
		return nil, err
	}
	var rows []*auditRow
	q := c.reads.NewSelect().Model(&rows).OrderExpr(newestEventsFirst).Limit(int64(query.Limit))
	if filter.UserID != nil {
		q.Where("a.user_id = ?", *filter.UserID)
	}
	if filter.ActorID != nil {
		q.Where("a.actor <> '' AND a.actor = ?", filter.ActorID.String())
	}
	if len(filter.Acts) > 0 {
		q.Where("a.act IN (?)", bun.List(filter.Acts))
	}
	if filter.Outcome != "" {
		q.Where("a.outcome = ?", filter.Outcome)
	}
	if filter.IPAddress != "" {
		q.Where("a.ip_address <> '' AND a.ip_address = ?", filter.IPAddress)
	}
	atTime(q, "a.at >= ?", filter.Since)
	atTime(q, "a.at < ?", filter.Until)
	if from := query.From; from != nil {
		q.Where("(a.at, a.id) < (?, ?)", stored(from.Time), from.ID)
	}
	if err := q.Scan(ctx); err != nil {
		return nil, c.fail(ctx, doing, err)
	}
	return auditEvents(rows), nil
}

// LatestAuditEvents returns the newest events of each of the users, in one statement in which each user has a part: so
// no more than those are read.
func (c *conn) LatestAuditEvents(ctx context.Context, userIDs []uuid.UUID, limit int) ([]*auth.AuditEvent, error) {
	if limit <= 0 || len(userIDs) == 0 {
		return nil, nil
	}
	var all *bun.SelectQuery
	for _, id := range userIDs {
		of := c.reads.NewSelect().Model((*auditRow)(nil)).Where("a.user_id = ?", id).OrderExpr(newestEventsFirst).Limit(int64(limit))
		part := c.reads.NewSelect().TableExpr("(?) AS part", of).ColumnExpr("part.*")
		if all == nil {
			all = part
			continue
		}
		all = all.UnionAll(part)
	}
	var rows []*auditRow
	err := c.reads.NewSelect().Model(&rows).ModelTableExpr("(?) AS a", all).OrderExpr(newestEventsFirst).Scan(ctx)
	if err != nil {
		return nil, c.fail(ctx, "list the newest audit events", err)
	}
	return auditEvents(rows), nil
}

func auditEvents(rows []*auditRow) []*auth.AuditEvent {
	events := make([]*auth.AuditEvent, len(rows))
	for i, row := range rows {
		events[i] = row.event()
	}
	return events
}
