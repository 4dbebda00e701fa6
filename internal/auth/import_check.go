package auth

import (
	"cmp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// externalIDMaxLength is in bytes, of external ids, issuers and subjects.
const externalIDMaxLength = 512

// recoveryCodesTaken is how many recovery codes of a user are imported at most.
const recoveryCodesTaken = 50

// importRow is an ImportedUser that was looked at without the store.
type importRow struct {
	in         *ImportedUser
	email      address.Email
	external   ExternalKey // with an empty ID: none
	username   Username
	name       string
	profile    profile.Profile
	fields     map[string]any // of the profile
	hash       secret.Text    // as it is stored
	totp       secret.Text
	codes      []secret.Text
	passkeys   []Passkey
	identities []ImportedIdentity
	notes      []ImportNote
	refused    bool
}

func (r *importRow) note(field, cause string) { r.notes = append(r.notes, ImportNote{field, cause}) }

func (r *importRow) refuse(field, cause string) {
	r.refused = true
	r.note(field, cause)
}

// check looks at a row. What is wrong with a part of it is noted, and the rest is taken; without an address there is
// nothing to take.
func (i *Import) check(in *ImportedUser) *importRow {
	s, row := i.service, &importRow{in: in, profile: profile.Empty}
	var problems Problems
	if row.email, problems = checkEmail(in.Email); problems != nil {
		cause := "The email address is not one: " + problems[0].Message
		if problems[0].Code == Required {
			cause = "There is no email address."
		}
		row.refuse("email", cause)
		return row
	}
	row.external = ExternalKey{cmp.Or(in.Source, i.options.Source), in.ExternalID}
	if len(in.ExternalID) > externalIDMaxLength || !text.Printable(in.ExternalID) || len(in.Source) > externalIDMaxLength || !text.Printable(in.Source) {
		row.refuse("externalId", "The id is too long, or has characters that no id has.")
		return row
	}
	if strings.TrimSpace(in.Username) != "" {
		if row.username, problems = s.presentedUsername(in.Username); problems != nil {
			row.note("username", "The username was left out: "+problems[0].Message)
		}
	}
	if row.name, problems = checkName(in.Name); problems != nil {
		row.note("name", "The name was left out: "+problems[0].Message)
	}
	switch {
	case in.Role == "" || in.Role == RoleUser:
	case roleRank[in.Role] == 0:
		row.note("role", "There is no such role. The user was imported with the role USER.")
	case !i.options.AllowRoles:
		row.note("role", "The user was imported with the role USER: roles are taken only with --allow-roles.")
	}
	i.checkProfile(row)
	i.checkFactors(row)
	i.checkIdentities(row)
	row.dropPlanted()
	return row
}

// dropPlanted leaves out with what else one could sign in, where nobody has shown that the address is theirs: a stranger
// may have put it there, and it would stay when the owner of the address comes and confirms it.
func (r *importRow) dropPlanted() {
	if r.in.EmailVerified {
		return
	}
	if r.totp != "" || len(r.passkeys) > 0 {
		r.note("emailVerified", "The second factors were left out: the address is not confirmed, so they may be somebody else's.")
	}
	if len(r.identities) > 0 {
		r.note("emailVerified", "The accounts at providers were left out: the address is not confirmed, so they may be somebody else's.")
	}
	r.totp, r.codes, r.passkeys, r.identities = "", nil, nil, nil
}

func (i *Import) role(in *ImportedUser) Role {
	if !i.options.AllowRoles || roleRank[in.Role] == 0 {
		return RoleUser
	}
	return in.Role
}

// checkProfile takes the fields that fit the schema. What a schema requires and a row does not have is no fault: a
// schema that grew stricter locks nobody out either.
func (i *Import) checkProfile(row *importRow) {
	schema := i.service.config.Profile
	fields := map[string]any{}
	for name, value := range row.in.Profile {
		if value != nil {
			fields[name] = value
		}
	}
	if faults := profile.CheckPatch(fields); faults != nil {
		row.note("profile", "The profile was left out: "+faults[0].Message)
		return
	}
	for len(fields) > 0 {
		checked, faults, err := schema.ChangeAsOperator(profile.Empty, fields)
		if err != nil || checked == "" {
			row.note("profile", "The profile was left out: it is too large.")
			return
		}
		left := len(fields)
		for _, fault := range faults {
			if len(fault.Path) == 0 {
				continue
			}
			if _, given := fields[fault.Path[0]]; given {
				delete(fields, fault.Path[0])
				row.note("profile", "A field of the profile was left out: "+fault.Message)
			}
		}
		if len(fields) < left {
			continue
		}
		if problems := i.service.config.Claims.checkChange(profile.Empty, checked); problems != nil {
			row.note("profile", "The profile was left out: "+problems[0].Message)
			return
		}
		row.profile, row.fields = checked, fields
		return
	}
}

// checkFactors takes authenticator apps, recovery codes and passkeys that can work here.
func (i *Import) checkFactors(row *importRow) {
	in := row.in
	if in.TOTPSecret != "" {
		var err error
		if row.totp, err = secret.ReadTOTPSecret(in.TOTPSecret); err != nil {
			row.note("totpSecret", "The authenticator app was left out: this is no secret of one in base32.")
		}
	}
	party := i.service.config.RelyingParty
	for _, p := range in.Passkeys {
		switch {
		case party == nil:
			row.note("passkeys", "A passkey was left out: passkeys are off here, see LATCHKEY_PASSKEY_DOMAIN.")
		case p.RelyingParty != party.Domain():
			row.note("passkeys", "A passkey was left out: it belongs to another domain, so no browser would offer it here.")
		case passkey.CheckKey(p.CredentialID, p.PublicKey) != nil:
			row.note("passkeys", "A passkey was left out: its id or its public key cannot be read.")
		case len(row.passkeys) == maxPasskeys:
			row.note("passkeys", "A passkey was left out: an account has at most 20.")
		default:
			p.Name = cmp.Or(shown(p.Name), passkey.Provider(p.AAGUID), "Passkey")
			p.Transports = slices.DeleteFunc(slices.Clone(p.Transports), func(t string) bool { return !knownTransports[t] })
			row.passkeys = append(row.passkeys, p.Passkey)
		}
	}
	for _, code := range in.RecoveryCodes {
		read, ok := readAnyRecoveryCode(code)
		switch {
		case row.totp == "" && len(row.passkeys) == 0:
			row.note("recoveryCodes", "The recovery codes were left out: there is no second factor that they could stand in for.")
			return
		case !ok:
			row.note("recoveryCodes", "A recovery code was left out: it is too short, or has characters that no code has.")
		case len(row.codes) < recoveryCodesTaken:
			row.codes = append(row.codes, read)
		}
	}
}

// knownTransports are those of Web Authentication Level 3, section 5.8.4.
var knownTransports = map[string]bool{"usb": true, "nfc": true, "ble": true, "smart-card": true, "hybrid": true, "internal": true}

// checkIdentities takes accounts at providers that can be told apart.
func (i *Import) checkIdentities(row *importRow) {
	for _, identity := range row.in.Identities {
		texts := []string{identity.Issuer, identity.Subject, identity.Provider}
		switch {
		case identity.Issuer == "" || identity.Subject == "":
			row.note("identities", "An account at a provider was left out: its issuer or its subject is missing.")
		case slices.ContainsFunc(texts, func(s string) bool { return len(s) > externalIDMaxLength || !text.Printable(s) }):
			row.note("identities", "An account at a provider was left out: its issuer or its subject is none.")
		case len(row.identities) == identitiesMax:
			row.note("identities", "An account at a provider was left out: an account here has at most 20.")
		default:
			identity.Provider = cmp.Or(identity.Provider, identity.Issuer)
			row.identities = append(row.identities, identity)
		}
	}
}

// Keys of rows, each kind with its own prefix.
func emailSeen(key string) string             { return "email " + key }
func usernameSeen(key string) string          { return "username " + key }
func idSeen(id uuid.UUID) string              { return "id " + id.String() }
func externalSeen(key ExternalKey) string     { return "external " + key.Source + " " + key.ID }
func identitySeen(key IdentityKey) string     { return "identity " + key.Issuer + " " + key.Subject }
func credentialSeen(credential []byte) string { return "credential " + string(credential) }

// keys are what a row claims.
func (r *importRow) keys() []string {
	keys := []string{emailSeen(r.email.Canonical)}
	if r.username != (Username{}) {
		keys = append(keys, usernameSeen(r.username.Key))
	}
	if r.in.ID != uuid.Nil {
		keys = append(keys, idSeen(r.in.ID))
	}
	if r.external.ID != "" {
		keys = append(keys, externalSeen(r.external))
	}
	for _, identity := range r.identities {
		keys = append(keys, identitySeen(IdentityKey{identity.Issuer, identity.Subject}))
	}
	for _, p := range r.passkeys {
		keys = append(keys, credentialSeen(p.CredentialID))
	}
	return keys
}
