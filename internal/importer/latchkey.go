package importer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Latchkey is the format that this program writes: a JSON object on each line.
var Latchkey = newFormat("latchkey", format{read: readLatchkey})

// user is a line of the format.
type user struct {
	ID            string          `json:"id,omitempty"`
	Source        string          `json:"source,omitempty"`
	ExternalID    string          `json:"externalId,omitempty"`
	Email         string          `json:"email"`
	EmailVerified bool            `json:"emailVerified"`
	Username      string          `json:"username,omitempty"`
	Name          string          `json:"name,omitempty"`
	Profile       json.RawMessage `json:"profile,omitempty"`
	CreatedAt     *time.Time      `json:"createdAt,omitempty"`
	Disabled      bool            `json:"disabled,omitempty"`
	Role          string          `json:"role,omitempty"`
	Password      *password       `json:"password,omitempty"`
	TOTPSecret    string          `json:"totpSecret,omitempty"`
	RecoveryCodes []string        `json:"recoveryCodes,omitempty"`
	PasskeyHandle string          `json:"passkeyHandle,omitempty"`
	Passkeys      []passkeyOfUser `json:"passkeys,omitempty"`
	Identities    []identity      `json:"identities,omitempty"`
}

// password is the hash of one, as the other system has it.
type password struct {
	Hash string `json:"hash"`
}

// passkeyOfUser is a passkey. Bytes are in base64url.
type passkeyOfUser struct {
	RelyingParty   string     `json:"rpId"`
	CredentialID   string     `json:"credentialId"`
	PublicKey      string     `json:"publicKey"` // COSE
	AAGUID         string     `json:"aaguid,omitempty"`
	Transports     []string   `json:"transports,omitempty"`
	SignCount      uint32     `json:"signCount,omitempty"`
	BackupEligible bool       `json:"backupEligible,omitempty"`
	BackedUp       bool       `json:"backedUp,omitempty"`
	CanLogIn       bool       `json:"canLogIn,omitempty"`
	Name           string     `json:"name,omitempty"`
	CreatedAt      *time.Time `json:"createdAt,omitempty"`
}

// identity is an account at a provider.
type identity struct {
	Issuer   string `json:"issuer"`
	Subject  string `json:"subject"`
	Provider string `json:"provider,omitempty"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
}

func readLatchkey(e *export, fn func(*Row) error) error {
	return e.records(e.path, "", func(r *record) error {
		row := &Row{File: r.file, Line: r.line}
		switch {
		case r.fault != "":
			row.note("", r.fault)
		case r.raw == nil:
			row.note("", faultObject)
		default:
			readUser(row, r.raw)
		}
		return fn(row)
	})
}

// readUser reads a line. Fields that there are not, are refused: they may be mistyped.
func readUser(row *Row, raw []byte) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var u user
	if err := decoder.Decode(&u); err != nil {
		row.note(faultyField(err), decodeFault(err))
		return
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		row.note("", "The line has something behind the JSON object.")
		return
	}
	row.User = &auth.ImportedUser{
		Source: u.Source, ExternalID: u.ExternalID, Email: u.Email, EmailVerified: u.EmailVerified, Username: u.Username, Name: u.Name,
		Disabled: u.Disabled, Role: auth.Role(strings.ToUpper(u.Role)), TOTPSecret: secret.Text(u.TOTPSecret),
	}
	if u.CreatedAt != nil {
		row.User.CreatedAt = *u.CreatedAt
	}
	if u.ID != "" {
		id, err := uuid.Parse(u.ID)
		if err != nil || len(u.ID) != len(uuid.Nil.String()) {
			row.refuse("id", "The id is no UUID. Use externalId for ids of other kinds.")
			return
		}
		row.User.ID = id
	}
	if len(u.Profile) > 0 {
		fields, err := profile.ParsePatch(u.Profile)
		if err != nil {
			row.note("profile", "The profile was left out: it is no JSON object, or has numbers that are out of range.")
		}
		row.User.Profile = fields
	}
	if u.Password != nil {
		if h, own, err := ownHash(u.Password.Hash); own != "" {
			row.User.PasswordHash = own
		} else {
			row.hash(h, err)
		}
	}
	for _, code := range u.RecoveryCodes {
		row.User.RecoveryCodes = append(row.User.RecoveryCodes, secret.Text(code))
	}
	for _, i := range u.Identities {
		row.User.Identities = append(row.User.Identities, auth.ImportedIdentity(i))
	}
	row.passkeys(&u)
}

// refuse drops the row.
func (r *Row) refuse(field, cause string) {
	r.User = nil
	r.note(field, cause)
}

// passkeys takes the passkeys of a line.
func (r *Row) passkeys(u *user) {
	decode := func(text string) []byte {
		decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
		if err != nil {
			return nil
		}
		return decoded
	}
	if u.PasskeyHandle != "" {
		r.User.PasskeyHandle = decode(u.PasskeyHandle)
	}
	for _, p := range u.Passkeys {
		imported := auth.ImportedPasskey{RelyingParty: p.RelyingParty, Passkey: auth.Passkey{
			CredentialID: decode(p.CredentialID), PublicKey: decode(p.PublicKey), AAGUID: decode(p.AAGUID), Transports: p.Transports,
			SignCount: p.SignCount, BackupEligible: p.BackupEligible, BackedUp: p.BackedUp, CanLogIn: p.CanLogIn, Name: p.Name,
		}}
		if p.CreatedAt != nil {
			imported.CreatedAt = *p.CreatedAt
		}
		r.User.Passkeys = append(r.User.Passkeys, imported)
	}
}

// faultyField returns which field a value of a wrong kind is in. Names of fields are known, so they tell nothing.
func faultyField(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return wrong.Field
	}
	return ""
}

// decodeFault says what is wrong with a line that is JSON.
func decodeFault(err error) string {
	switch {
	case faultyField(err) != "":
		return "The field has a value of a wrong kind."
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return "The row has a field that this format does not have."
	}
	return "A time is not written as in RFC 3339, or a value is of a wrong kind."
}
