// Package passkey is WebAuthn as a relying party has it (W3C Web Authentication Level 3). It owns the library that
// reads and verifies what browsers and authenticators send, and the settings under which that is safe. It keeps
// nothing: what a ceremony needs between its two halves, the caller carries.
package passkey

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Bounds of what browsers send. A response without an attestation certificate has about two thousand bytes, and a
// credential id at most 1023 (Level 3, section 4).
const (
	maxResponse     = 32 << 10
	maxCredentialID = 1023
)

// HandleLength is how many random bytes identify a user to authenticators. They tell nothing of the user (Level 3,
// section 14.6.1).
const HandleLength = 32

// ErrInvalid is what is wrong with a response, whatever it is: of another ceremony, origin or relying party, not
// verified as it has to be, or signed by another key.
var ErrInvalid = errors.New("passkey: the response is invalid")

// Settings are those of a relying party.
type Settings struct {
	Domain  string // the relying party id: a domain, no address; passkeys work on it and below it
	Name    string // what authenticators may show
	Timeout time.Duration
	// Origins are those of pages and apps in which ceremonies may take place, as client data has them:
	// https://app.example.com, android:apk-key-hash:….
	Origins []string
	// Localhost allows pages on http://localhost of any port too.
	Localhost bool
}

// RelyingParty begins and finishes ceremonies. It is safe for concurrent use.
type RelyingParty struct {
	library  *webauthn.WebAuthn
	settings Settings
}

// New returns a relying party, or what is wrong with the settings.
func New(s Settings) (*RelyingParty, error) {
	if s.Domain == "" {
		return nil, errors.New("passkeys: there is no domain for them")
	}
	timeout := webauthn.TimeoutConfig{Timeout: s.Timeout, TimeoutUVD: s.Timeout} // not enforced: the caller's state expires
	library, err := webauthn.New(&webauthn.Config{
		RPID:                  s.Domain,
		RPDisplayName:         s.Name,
		RPOrigins:             s.Origins,
		AttestationPreference: protocol.PreferNoAttestation,
		Timeouts:              webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some password managers always send what was not asked for. Nothing is decided by it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys of %s: %w", s.Domain, err)
	}
	return &RelyingParty{library: library, settings: s}, nil
}

// Domain is the relying party id.
func (p *RelyingParty) Domain() string { return p.settings.Domain }

// Account is whose passkeys a ceremony is about.
type Account struct {
	Handle      []byte // HandleLength random bytes; authenticators keep them
	Name        string // which account it is, for people
	DisplayName string
	Credentials []Credential
}

// Credential is the public half of a passkey.
type Credential struct {
	ID             []byte
	PublicKey      []byte // COSE
	AAGUID         []byte // which kind of authenticator it says it is; nothing vouches for that
	Transports     []string
	SignCount      uint32
	BackupEligible bool // it can be synced to other devices
	BackedUp       bool // it is
}

// CheckKey returns an error unless a credential that was made elsewhere can be used: its id has the length of one, and its
// key is a public key in COSE.
func CheckKey(credentialID, publicKey []byte) error {
	if len(credentialID) == 0 || len(credentialID) > maxCredentialID || len(publicKey) > maxResponse {
		return ErrInvalid
	}
	if _, err := webauthncose.ParsePublicKey(publicKey); err != nil {
		return ErrInvalid
	}
	return nil
}

// WebAuthnID implements webauthn.User, as the other methods do: it is the handle.
func (a *Account) WebAuthnID() []byte { return a.Handle }

// WebAuthnName is the name of the account.
func (a *Account) WebAuthnName() string { return a.Name }

// WebAuthnDisplayName is what a person is called.
func (a *Account) WebAuthnDisplayName() string { return a.DisplayName }

// WebAuthnCredentials are the passkeys of the account.
func (a *Account) WebAuthnCredentials() []webauthn.Credential {
	credentials := make([]webauthn.Credential, len(a.Credentials))
	for i, c := range a.Credentials {
		credentials[i] = webauthn.Credential{
			ID: c.ID, PublicKey: c.PublicKey,
			Flags:         webauthn.CredentialFlags{BackupEligible: c.BackupEligible, BackupState: c.BackedUp},
			Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
		}
		for _, transport := range c.Transports {
			credentials[i].Transport = append(credentials[i].Transport, protocol.AuthenticatorTransport(transport))
		}
	}
	return credentials
}

// descriptors name the passkeys of the account.
func (a *Account) descriptors() []protocol.CredentialDescriptor {
	list := []protocol.CredentialDescriptor{}
	for _, credential := range a.WebAuthnCredentials() {
		list = append(list, credential.Descriptor())
	}
	return list
}

// Ceremony is the first half of one.
type Ceremony struct {
	Options map[string]any // what PublicKeyCredential.parseCreationOptionsFromJSON or parseRequestOptionsFromJSON takes
	State   []byte         // for the second half, exactly as it is; the client must be able neither to read nor to change it
}

func newCeremony(options any, session *webauthn.SessionData) (*Ceremony, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("write the options of a ceremony: %w", err)
	}
	ceremony := &Ceremony{}
	if err := json.Unmarshal(text, &ceremony.Options); err != nil {
		return nil, fmt.Errorf("read the options of a ceremony: %w", err)
	}
	if ceremony.State, err = json.Marshal(session); err != nil {
		return nil, fmt.Errorf("write the state of a ceremony: %w", err)
	}
	return ceremony, nil
}

// readState returns what the first half of a ceremony left, and binds it to the origin of the second where pages on
// localhost are allowed whatever their port.
func (p *RelyingParty) readState(state []byte, client protocol.CollectedClientData) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return session, fmt.Errorf("read the state of a ceremony: %w", err)
	}
	if p.settings.Localhost && isLocalhost(client.Origin) {
		session.Origin = client.Origin
	}
	return session, nil
}

// Challenge returns the random challenge of a ceremony, in base64url. No two have the same.
func Challenge(state []byte) (string, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(state, &session); err != nil {
		return "", fmt.Errorf("read the state of a ceremony: %w", err)
	}
	return session.Challenge, nil
}
