package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Bounds of passkeys.
const (
	// maxPasskeys is how many a user has at most.
	maxPasskeys = 20
	// passkeyNameMaxLength is in code points.
	passkeyNameMaxLength = 100
)

// Passkey is the public half of a key pair that a user proves to have (Web Authentication Level 3).
type Passkey struct {
	ID             uuid.UUID
	UserID         uuid.UUID
	CredentialID   []byte // by which authenticators know it; no two have the same
	PublicKey      []byte // COSE
	AAGUID         []byte // which kind of authenticator it says it is
	Transports     []string
	SignCount      uint32 // of signatures, as the authenticator last told; those of synced ones stay 0
	BackupEligible bool   // it can be synced to other devices
	BackedUp       bool   // it is
	CanLogIn       bool   // without an address: the authenticator finds it, and verifies its user
	Name           string
	CreatedAt      time.Time
	LastUsedAt     time.Time // zero: never since it was added
	ClonedAt       time.Time // when its counter showed that there is a copy of it; zero: never
}

// Provider is the name of what keeps the passkey, as that says itself; empty: not known.
func (p *Passkey) Provider() string { return passkey.Provider(p.AAGUID) }

func (p *Passkey) credential() passkey.Credential {
	return passkey.Credential{
		ID: p.CredentialID, PublicKey: p.PublicKey, AAGUID: p.AAGUID, Transports: p.Transports,
		SignCount: p.SignCount, BackupEligible: p.BackupEligible, BackedUp: p.BackedUp,
	}
}

// Absence that is no outage.
var (
	// ErrPasskeyTaken is returned by a Store for a credential id that another passkey has.
	ErrPasskeyTaken = errors.New("passkey taken")
	// ErrCeremonyUsed is returned by a Store for a ceremony that was finished already.
	ErrCeremonyUsed = errors.New("ceremony used")
)

// passkeyLister lists passkeys.
type passkeyLister interface {
	// PasskeysOf returns the passkeys of a user, the oldest first; none is no error.
	PasskeysOf(ctx context.Context, userID uuid.UUID) ([]*Passkey, error)
}

// passkeyReader finds passkeys.
type passkeyReader interface {
	passkeyLister

	// PasskeyByCredential returns the passkey with a credential id.
	PasskeyByCredential(ctx context.Context, credentialID []byte) (*Passkey, error)
	// PasskeyHandle returns what authenticators know a user by. ErrNotFound if the user has none yet.
	PasskeyHandle(ctx context.Context, userID uuid.UUID) ([]byte, error)
}

// PasskeyTx is what a transaction can do with passkeys.
type PasskeyTx interface {
	passkeyLister

	// SetPasskeyHandle gives the user a handle, which then stays. ErrNotFound if there is no such user, or if it has
	// another handle.
	SetPasskeyHandle(ctx context.Context, userID uuid.UUID, handle []byte) error
	// AddPasskey adds a passkey. ErrPasskeyTaken if its credential id is that of another, whoever has that;
	// ErrNotFound when there is no such user.
	AddPasskey(ctx context.Context, p *Passkey) error
	// UpdatePasskey writes the name, the counter, the flags, and when the passkey was used and cloned.
	UpdatePasskey(ctx context.Context, p *Passkey) error
	// DeletePasskey removes a passkey of a user; ErrNotFound if the user has no such.
	DeletePasskey(ctx context.Context, userID, id uuid.UUID) error
	// UseCeremony notes that the ceremony with a digest was finished. ErrCeremonyUsed if it was already: of any number
	// who finish it at once, one does. It is remembered until the ceremony has expired.
	UseCeremony(ctx context.Context, digest []byte, until time.Time) error
}

// ExpiredCeremonies could not be finished once more in any case.
var ExpiredCeremonies = newExpired("ceremonies that were finished", cleanupTask{order: 46, kept: limitsKept})

// Notices of this feature: UserID.
var (
	jobPasskeyAdded   = newJob("passkey_added", notice(LetterPasskeyAdded))
	jobPasskeyRemoved = newJob("passkey_removed", notice(LetterPasskeyRemoved))
	jobPasskeyCloned  = newJob("passkey_cloned", notice(LetterPasskeyCloned))
)

// The letters that they become.
var (
	LetterPasskeyAdded   = newLetter("passkey_added", LetterSpec{order: 190})
	LetterPasskeyRemoved = newLetter("passkey_removed", LetterSpec{order: 200})
	LetterPasskeyCloned  = newLetter("passkey_cloned", LetterSpec{order: 210})
)

// Acts of this feature.
var (
	actPasskeyAdded         = newAct("passkey_added", "A user added a passkey.", outcomeOK, PasskeyInvalid, outcomeLimited)
	actPasskeyRenamed       = newAct("passkey_renamed", "A signed-in user gave a passkey another name.")
	actPasskeyRemoved       = newAct("passkey_removed", "A signed-in user removed a passkey.")
	actPasskeyBackupChanged = newAct("passkey_backup_changed", "A passkey can be synced to other devices now and could not before, or the other way around.")
	actPasskeyCloned        = newAct("passkey_cloned", "The counter of a passkey did not rise: there may be a copy of it. Unless a setting tolerates that, it no longer works.")
)

// Limits of this feature.
var (
	// LimitPasskey bounds what wrong ones write down. Nobody can guess a signature.
	LimitPasskey = newLimit("passkey", "Sign-ins with a passkey, right or wrong.", perAddress(30, time.Minute))
	// limitPasskeyBegin writes nothing, so each replica counts by itself.
	limitPasskeyBegin = newLimit("passkey_begin", "Sign-ins with a passkey that begin, as one does when a sign-in page is opened. Each replica counts by itself.", perAddress(120, time.Minute))
)

// errPasskeysOff is what everything about passkeys answers where there is no domain for them.
var errPasskeysOff = &Error{Kind: Forbidden, Message: "Passkeys are turned off here: see authConfig.passkeys."}

// Problems of this feature.
var (
	errPasskeyInvalid  = passkeyProblem("credential")
	errPasskeyUnknown  = Problems{problem(NotFound, "credential", "No account here has this passkey. It was removed: delete it from your device or password manager, and sign in another way.")}
	errPasskeyCloned   = Problems{problem(PasskeyInvalid, "", "This passkey may have been copied, so it no longer works. Sign in another way, remove it, and add a new one.")}
	errNoPasskey       = Problems{problem(NotFound, "", "This account has no such passkey.")}
	errLastCredential  = Problems{problem(LastCredential, "", "This is the only way to sign in to your account. Set a password or add another way before you remove it.")}
	errTooManyPasskeys = Problems{problem(TooMany, "", "An account has at most {max} passkeys. Remove one that you no longer use.").
				with(map[string]any{"max": maxPasskeys})}
)

// passkeyProblem is the one answer to everything that is wrong with the use of a passkey, in a field.
func passkeyProblem(field string) Problems {
	return Problems{problem(PasskeyInvalid, field, "This passkey could not be used: the attempt has expired, was used already, or was begun elsewhere. Try again.")}
}

// Passkeys reports whether users can have passkeys.
func (c Config) Passkeys() bool { return c.RelyingParty != nil }

// PasskeyOrigins are the origins of pages that may use passkeys; none where passkeys are off.
func (c Config) PasskeyOrigins() []string {
	if c.RelyingParty == nil {
		return nil
	}
	return c.RelyingParty.RelatedOrigins()
}

// account is the user as authenticators know it, with passkeys.
func account(user *User, handle []byte, passkeys []*Passkey) *passkey.Account {
	as := &passkey.Account{Handle: handle, Name: user.Email.Address, DisplayName: user.Name}
	if as.DisplayName == "" {
		as.DisplayName = user.Email.Address
	}
	for _, p := range passkeys {
		as.Credentials = append(as.Credentials, p.credential())
	}
	return as
}

// working returns the passkeys that work.
func (s *Service) working(passkeys []*Passkey) []*Passkey {
	return slices.DeleteFunc(slices.Clone(passkeys), func(p *Passkey) bool { return !s.works(p) })
}

// works reports whether a passkey proves its user: passkeys are on, and it is not one that was copied.
func (s *Service) works(p *Passkey) bool {
	return s.config.Passkeys() && (p.ClonedAt.IsZero() || s.config.TolerateClonedPasskeys)
}

// isWayIn reports whether its user can sign in with a passkey alone.
func (s *Service) isWayIn(p *Passkey) bool { return p.CanLogIn && s.works(p) }

// PasskeySignal is what a browser is told so that the passkeys that it offers are those that there are (Web
// Authentication Level 3, section 5.1.10).
type PasskeySignal struct {
	RPID          string
	Handle        string   // of the user, in base64url
	CredentialIDs []string // of all passkeys of the user, in base64url; never nil
	Name          string
	DisplayName   string
}

// PasskeySignal returns what the browser of a user is told; nil if the user never had a passkey, or passkeys are off.
func (s *Service) PasskeySignal(ctx context.Context, userID uuid.UUID) (*PasskeySignal, error) {
	if !s.config.Passkeys() {
		return nil, nil //nolint:nilnil // nothing is told
	}
	handle, err := s.store.PasskeyHandle(ctx, userID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // nothing is told
	}
	if err != nil {
		return nil, fmt.Errorf("signal passkeys: %w", err)
	}
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("signal passkeys: %w", err)
	}
	passkeys, err := s.store.PasskeysOf(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("signal passkeys: %w", err)
	}
	as := account(user, handle, nil)
	signal := &PasskeySignal{
		RPID: s.config.RelyingParty.Domain(), Handle: base64.RawURLEncoding.EncodeToString(handle),
		CredentialIDs: []string{}, Name: as.Name, DisplayName: as.DisplayName,
	}
	for _, p := range passkeys {
		signal.CredentialIDs = append(signal.CredentialIDs, base64.RawURLEncoding.EncodeToString(p.CredentialID))
	}
	return signal, nil
}

// checkPasskeyName returns the name without the spaces around it, or what is wrong with it.
func checkPasskeyName(raw string) (string, Problems) {
	name := strings.TrimSpace(raw)
	switch {
	case name == "":
		return "", Problems{problem(Required, "name", "Enter a name.")}
	case utf8.RuneCountInString(name) > passkeyNameMaxLength:
		return "", Problems{problem(InvalidName, "name", "A name has at most {max} characters.").with(map[string]any{"max": passkeyNameMaxLength})}
	case !text.Printable(name):
		return "", Problems{problem(InvalidName, "name", "A name has no control characters.")}
	}
	return name, nil
}
