package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

type userShow struct {
	User string `arg:"" help:"Address or id of the user."`
}

// userLine is a user as JSON; null: not known, or none.
type userLine struct {
	ID             uuid.UUID       `json:"id"`
	Email          string          `json:"email"`
	EmailVerified  bool            `json:"emailVerified"`
	Username       *string         `json:"username"`
	Name           *string         `json:"name"`
	Role           auth.Role       `json:"role"`
	Disabled       bool            `json:"disabled"`
	DisabledReason *string         `json:"disabledReason"`
	HasPassword    bool            `json:"hasPassword"`
	SecondFactor   bool            `json:"secondFactor"`
	CreatedAt      time.Time       `json:"createdAt"`
	LastLoginAt    *time.Time      `json:"lastLoginAt"`
	Profile        json.RawMessage `json:"profile"`
}

func newUserLine(u *auth.User) userLine {
	return userLine{
		ID: u.ID, Email: u.Email.Address, EmailVerified: u.EmailVerified(), Username: orNull(u.Username.Name), Name: orNull(u.Name),
		Role: u.Role, Disabled: u.Disabled(), DisabledReason: orNull(u.DisabledReason), HasPassword: u.HasPassword(),
		SecondFactor: u.HasSecondFactor(), CreatedAt: u.CreatedAt, LastLoginAt: orNull(u.LastLoginAt), Profile: json.RawMessage(u.Profile),
	}
}

// userDetails are all that is known of a user.
type userDetails struct {
	userLine

	Sessions   []sessionLine  `json:"sessions"`
	Factors    factorsLine    `json:"secondFactors"`
	Identities []identityLine `json:"identities"`
	Events     []auditLine    `json:"auditEvents"` // the newest first
}

type sessionLine struct {
	ID         uuid.UUID `json:"id"`
	CreatedAt  time.Time `json:"createdAt"`
	LastSeenAt time.Time `json:"lastSeenAt"`
	IPAddress  *string   `json:"ipAddress"`
	Device     *string   `json:"device"`
}

type factorsLine struct {
	Required       bool     `json:"required"`
	TOTP           bool     `json:"totp"`
	RecoveryCodes  int      `json:"recoveryCodesLeft"`
	Passkeys       []string `json:"passkeys"`
	TrustedDevices int      `json:"trustedDevices"`
}

type identityLine struct {
	Provider string  `json:"provider"`
	Subject  string  `json:"subject"`
	Name     *string `json:"name"`
	Email    *string `json:"email"`
}

// Run prints the user.
func (c userShow) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		user, err := s.Account(ctx, c.User)
		if err != nil {
			return err
		}
		details, err := detailsOf(ctx, s, user)
		if err != nil {
			return err
		}
		return printJSON(env.Stdout, details, "  ")
	})
}

func detailsOf(ctx context.Context, s *auth.Service, user *auth.User) (*userDetails, error) {
	ids := []uuid.UUID{user.ID}
	sessions, err := s.SessionsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	factors, err := s.SecondFactors(ctx, user.ID, user.Role)
	if err != nil {
		return nil, err
	}
	identities, err := s.Identities(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	events, err := s.ListAuditEvents(ctx, auth.PageRequest{}, auth.AuditFilter{UserID: &user.ID})
	if err != nil {
		return nil, err
	}
	details := &userDetails{
		userLine: newUserLine(user), Sessions: []sessionLine{}, Identities: []identityLine{}, Events: []auditLine{},
		Factors: factorsLine{
			Required: factors.Required, TOTP: factors.TOTP != nil, RecoveryCodes: factors.RecoveryCodesLeft,
			Passkeys: []string{}, TrustedDevices: len(factors.Devices),
		},
	}
	for _, passkey := range factors.Passkeys {
		details.Factors.Passkeys = append(details.Factors.Passkeys, passkey.Name)
	}
	for _, session := range sessions[user.ID] {
		details.Sessions = append(details.Sessions, sessionLine{
			session.ID, session.CreatedAt, session.LastSeenMinute(), orNull(session.IPAddress), orNull(session.Device()),
		})
	}
	for _, identity := range identities {
		details.Identities = append(details.Identities, identityLine{identity.Provider, identity.Subject, orNull(identity.Name), orNull(identity.Email)})
	}
	for _, event := range events.Items {
		details.Events = append(details.Events, newAuditLine(auth.AuditEntry{AuditEvent: event, Email: user.Email.Address}))
	}
	return details, nil
}

// printJSON prints a value as JSON that does nothing to a terminal, on one line or indented.
func printJSON(to io.Writer, value any, indent string) error {
	text, err := json.Marshal(value)
	if indent != "" {
		text, err = json.MarshalIndent(value, "", indent)
	}
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = fmt.Fprintln(to, printableLines(string(text)))
	return err
}
