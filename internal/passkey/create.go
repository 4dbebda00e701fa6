package passkey

import (
	"errors"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Created is a passkey that a ceremony has made.
type Created struct {
	Credential

	// Discoverable: the authenticator finds it without being told its id, so that no address has to be typed. As far
	// as the browser has told; platform authenticators and what can be synced always are.
	Discoverable bool
	UserVerified bool // by a PIN, a fingerprint or the like, when it was made
}

// BeginCreate begins to make a passkey of the account, beside those that it has. Automatic: the browser may make it
// without asking anybody, as right after a password was filled in (Level 3, section 5.1.3, conditional mediation).
func (p *RelyingParty) BeginCreate(account *Account, automatic bool) (*Ceremony, error) {
	mediation := protocol.MediationDefault
	if automatic {
		mediation = protocol.MediationConditional
	}
	creation, session, err := p.library.BeginMediatedRegistration(account, mediation,
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationPreferred,
		}),
		webauthn.WithExclusions(account.descriptors()),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps()))
	if err != nil {
		return nil, err
	}
	return newCeremony(creation.Response, session)
}

// FinishCreate returns the passkey that the response to a ceremony brings. ErrInvalid for everything that is wrong
// with the response; account has the handle with which the ceremony began.
func (p *RelyingParty) FinishCreate(account *Account, state, response []byte) (*Created, error) {
	if len(response) > maxResponse {
		return nil, ErrInvalid
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return nil, ErrInvalid
	}
	session, err := p.readState(state, parsed.Response.CollectedClientData)
	if err != nil {
		return nil, err
	}
	made, err := p.library.CreateCredential(account, session, parsed)
	if err != nil || len(made.ID) == 0 || len(made.ID) > maxCredentialID {
		return nil, ErrInvalid
	}
	created := &Created{
		Credential: Credential{
			ID: made.ID, PublicKey: made.PublicKey, AAGUID: made.Authenticator.AAGUID, SignCount: made.Authenticator.SignCount,
			BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
		},
		Discoverable: made.Flags.BackupEligible || made.Authenticator.Attachment == protocol.Platform,
		UserVerified: made.Flags.UserVerified,
	}
	if told := made.Extensions.RK; told != nil {
		created.Discoverable = *told
	}
	for _, transport := range made.Transport {
		if word := string(transport); slices.Contains(transports, word) {
			created.Transports = append(created.Transports, word)
		}
	}
	return created, nil
}

// transports are those that browsers know (Level 3, section 5.8.4). What else a client says is not kept.
var transports = []string{"usb", "nfc", "ble", "smart-card", "hybrid", "internal"}

// errNoCredentials is returned for an account without a passkey, for which there is no ceremony.
var errNoCredentials = errors.New("passkey: the account has none")
