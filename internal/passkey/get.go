package passkey

import (
	"bytes"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Proved is the use of a passkey, verified.
type Proved struct {
	Credential // as the authenticator says it is now; its counter is not compared with the one before

	UserVerified bool // by a PIN, a fingerprint or the like
}

// BeginLogin begins a ceremony for whoever has a passkey, which it does not know. The user has to be verified, so that
// the passkey is two factors.
func (p *RelyingParty) BeginLogin() (*Ceremony, error) {
	assertion, session, err := p.library.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, err
	}
	return newCeremony(assertion.Response, session)
}

// BeginProof begins a ceremony for the passkeys of an account, which has one at least, and needs no handle. The user is verified where the
// authenticator can.
func (p *RelyingParty) BeginProof(account *Account) (*Ceremony, error) {
	if len(account.Credentials) == 0 {
		return nil, errNoCredentials
	}
	assertion, session, err := p.library.BeginLogin(account, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return nil, err
	}
	return newCeremony(assertion.Response, session)
}

// Response is the response to a ceremony of BeginLogin or BeginProof, read and not verified.
type Response struct {
	parsed *protocol.ParsedCredentialAssertionData
}

// ReadResponse reads a response, as toJSON of the browser's PublicKeyCredential gives it. ErrInvalid if it is none.
func ReadResponse(response []byte) (*Response, error) {
	if len(response) > maxResponse {
		return nil, ErrInvalid
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil || len(parsed.RawID) > maxCredentialID {
		return nil, ErrInvalid
	}
	return &Response{parsed: parsed}, nil
}

// CredentialID is which passkey it says was used.
func (r *Response) CredentialID() []byte { return r.parsed.RawID }

// Finish verifies a response to a ceremony, of an account that has the passkey that it names. ErrInvalid for
// everything that is wrong with it.
func (p *RelyingParty) Finish(account *Account, state []byte, response *Response) (*Proved, error) {
	parsed := response.parsed
	session, err := p.readState(state, parsed.Response.CollectedClientData)
	if err != nil {
		return nil, err
	}
	flags := parsed.Response.AuthenticatorData.Flags
	as := *account
	as.Credentials = slices.Clone(account.Credentials)
	used := -1
	for i := range as.Credentials {
		if bytes.Equal(as.Credentials[i].ID, parsed.RawID) {
			used = i
			// Whether a passkey can be synced is fixed in theory. In the field password managers change it, and
			// it is part of what is signed.
			as.Credentials[i].BackupEligible = flags.HasBackupEligible()
		}
	}
	if used < 0 {
		return nil, ErrInvalid
	}
	if len(session.AllowedCredentialIDs) == 0 { // of BeginLogin
		_, _, err = p.library.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return &as, nil }, session, parsed)
	} else {
		if session.AllowedCredentialIDs = as.stillHas(session.AllowedCredentialIDs); len(session.AllowedCredentialIDs) == 0 {
			return nil, ErrInvalid
		}
		session.UserID = as.Handle // the caller knows whose ceremony it is, and need not know the handle when it begins
		_, err = p.library.ValidateLogin(&as, session, parsed)
	}
	if err != nil {
		return nil, ErrInvalid
	}
	proved := &Proved{Credential: account.Credentials[used], UserVerified: flags.HasUserVerified()}
	proved.SignCount = parsed.Response.AuthenticatorData.Counter
	proved.BackupEligible, proved.BackedUp = flags.HasBackupEligible(), flags.HasBackupState()
	return proved, nil
}

// stillHas returns those of the ids that the account has: one may have been removed since the ceremony began.
func (a *Account) stillHas(ids [][]byte) [][]byte {
	return slices.DeleteFunc(ids, func(id []byte) bool {
		return !slices.ContainsFunc(a.Credentials, func(c Credential) bool { return bytes.Equal(c.ID, id) })
	})
}
