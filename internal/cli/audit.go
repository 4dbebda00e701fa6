package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// auditCommand prints the audit trail.
type auditCommand struct {
	User  string        `help:"Only of this user: an address, or the id of one who may be gone." placeholder:"EMAIL"`
	Since time.Duration `help:"Only so far back, such as 24h." placeholder:"DURATION"`
	JSON  bool          `name:"json" help:"Print each event as a line of JSON."`
}

// auditColumns has fixed widths, so that a trail of any length is printed while it is read.
const auditColumns = "%-20s  %-24s  %-19s  %-36s  %-15s  %s\n"

// Run prints the events, the oldest first, with times in UTC.
func (c auditCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		query := auth.AuditQuery{User: c.User, Since: c.Since}
		if c.JSON {
			encoder := json.NewEncoder(env.Stdout)
			return s.EachAuditEvent(ctx, query, func(e auth.AuditEntry) error { return encoder.Encode(newAuditLine(e)) })
		}

		if _, err := fmt.Fprintf(env.Stdout, auditColumns, "TIME", "ACT", "OUTCOME", "USER", "ADDRESS", "DEVICE"); err != nil {
			return err
		}
		return s.EachAuditEvent(ctx, query, func(e auth.AuditEntry) error {
			_, err := fmt.Fprintf(env.Stdout, auditColumns, e.At.Format(time.RFC3339), e.Act, e.Outcome,
				orDash(auditedUser(e)), orDash(e.IPAddress), orDash(auditedDevice(e)))
			return err
		})
	})
}

// auditedUser names the user of an event: by address, or by id who is gone.
func auditedUser(e auth.AuditEntry) string {
	if e.Email == "" && e.UserID != uuid.Nil {
		return e.UserID.String()
	}
	return e.Email
}

// auditedDevice says what an act was done with, and why if the actor said so. Older releases wrote
// no actor down: what was not part of a request counts as done by an operator.
func auditedDevice(e auth.AuditEntry) string {
	device := e.Device()
	switch {
	case e.Actor == auth.ActorServer:
		device = "the server itself"
	case e.RequestID == "":
		device = "command line"
	}
	if e.Reason != "" {
		device += ": " + e.Reason
	}
	return device
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// auditLine is an event as a line of JSON; null: not known, or none.
type auditLine struct {
	ID        uuid.UUID  `json:"id"`
	At        time.Time  `json:"at"`
	Act       auth.Act   `json:"act"`
	Outcome   string     `json:"outcome"`
	UserID    *uuid.UUID `json:"userId"`
	Email     *string    `json:"email"`
	SessionID *uuid.UUID `json:"sessionId"`
	RequestID *string    `json:"requestId"`
	IPAddress *string    `json:"ipAddress"`
	UserAgent *string    `json:"userAgent"`
	Device    *string    `json:"device"`
	APIClient *uuid.UUID `json:"apiClientId"`
	Actor     *string    `json:"actor"`
	Reason    *string    `json:"reason"`
}

func newAuditLine(e auth.AuditEntry) auditLine {
	return auditLine{
		ID: e.ID, At: e.At, Act: e.Act, Outcome: e.Outcome,
		UserID: orNull(e.UserID), Email: orNull(e.Email), SessionID: orNull(e.SessionID), RequestID: orNull(e.RequestID),
		IPAddress: orNull(e.IPAddress), UserAgent: orNull(e.UserAgent), Device: orNull(e.Device()),
		APIClient: orNull(e.APIClientID), Actor: orNull(e.Actor), Reason: orNull(e.Reason),
	}
}

// orNull makes null of what is not known.
func orNull[T comparable](value T) *T {
	var none T
	if value == none {
		return nil
	}
	return &value
}
