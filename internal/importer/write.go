package importer

import (
	"encoding/base64"
	"encoding/json"
	"io"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// Writer writes users in the format of this program. What it writes, Read reads, and a user who was imported from it is
// written in the same bytes again.
type Writer struct {
	encoder *json.Encoder
	domain  string // of passkeys
}

// NewWriter returns a Writer for passkeys of a domain.
func NewWriter(w io.Writer, domain string) *Writer {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return &Writer{encoder: encoder, domain: domain}
}

// Write writes a user as a line.
func (w *Writer) Write(from *auth.ExportedAccount) error {
	created := from.CreatedAt.UTC()
	u := user{
		ID: from.ID.String(), Email: from.Email.Address, EmailVerified: from.EmailVerified(), Username: from.Username.Name, Name: from.Name,
		CreatedAt: &created, Disabled: !from.DisabledAt.IsZero(), TOTPSecret: from.TOTPSecret.Reveal(),
		PasskeyHandle: base64.RawURLEncoding.EncodeToString(from.Handle),
	}
	if from.External != nil {
		u.Source, u.ExternalID = from.External.Source, from.External.ID
	}
	if from.Profile != profile.Empty {
		u.Profile = json.RawMessage(from.Profile)
	}
	if from.Role != auth.RoleUser {
		u.Role = string(from.Role)
	}
	if from.HasPassword() {
		u.Password = &password{Hash: from.PasswordHash.Reveal()}
	}
	for _, p := range from.Passkeys {
		added := p.CreatedAt.UTC()
		u.Passkeys = append(u.Passkeys, passkeyOfUser{
			RelyingParty: w.domain, CredentialID: base64.RawURLEncoding.EncodeToString(p.CredentialID),
			PublicKey: base64.RawURLEncoding.EncodeToString(p.PublicKey), AAGUID: base64.RawURLEncoding.EncodeToString(p.AAGUID),
			Transports: p.Transports, SignCount: p.SignCount, BackupEligible: p.BackupEligible, BackedUp: p.BackedUp, CanLogIn: p.CanLogIn,
			Name: p.Name, CreatedAt: &added,
		})
	}
	for _, i := range from.Identities {
		u.Identities = append(u.Identities, identity{Issuer: i.Issuer, Subject: i.Subject, Provider: i.Provider, Email: i.Email, Name: i.Name})
	}
	return w.encoder.Encode(u)
}
