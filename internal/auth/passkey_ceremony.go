package auth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// CeremonyLifetime is how long a ceremony can be finished. Browsers are told the same.
const CeremonyLifetime = 5 * time.Minute

// What ceremonies are for. Each seals under a key of its own, so that none can be finished as another. What a login that
// waits asks of passkeys is kept with it.
const (
	ceremonyLogin          = "passkey login"
	ceremonyAdd            = "passkey add"
	ceremonyReauthenticate = "passkey reauthenticate"
)

// Ceremony is the first half of what is done with a passkey. Nothing is kept of it.
type Ceremony struct {
	Options map[string]any // for the browser
	State   secret.Text    // for the second half
}

// sealedCeremony is what the state holds.
type sealedCeremony struct {
	Library []byte `json:"library"`
	Handle  []byte `json:"handle,omitempty"` // of a user who may have had none when it began
	// Automatic: the browser may make the passkey without asking anybody, so that it proves nothing to have made it.
	Automatic bool  `json:"automatic,omitempty"`
	ExpiresAt int64 `json:"expires_at"` // seconds since 1970
}

// openCeremony is a ceremony that is about to be finished.
type openCeremony struct {
	sealedCeremony
	digest []byte // of its challenge; nil: it ends with what keeps it
}

// beginCeremony seals the state of a ceremony for a purpose, and binds it to where alone it can be finished.
func (s *Service) beginCeremony(purpose, binding string, sealed sealedCeremony, begun *passkey.Ceremony) (*Ceremony, error) {
	sealed.Library, sealed.ExpiresAt = begun.State, s.now().Add(CeremonyLifetime).Unix()
	plain, err := json.Marshal(sealed)
	if err != nil {
		return nil, err
	}
	state := base64.RawURLEncoding.EncodeToString(s.keys.under.Seal(purpose, plain, binding))
	return &Ceremony{Options: begun.Options, State: secret.Text(state)}, nil
}

// openCeremony opens the state of a ceremony. false if it is none, or not of this purpose and place, or has expired.
func (s *Service) openCeremony(purpose, binding string, state secret.Text) (*openCeremony, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(state.Reveal())
	if err != nil {
		return nil, false
	}
	plain, err := s.keys.under.Open(purpose, sealed, binding)
	if err != nil {
		return nil, false
	}
	opened := &openCeremony{}
	if err := json.Unmarshal(plain, &opened.sealedCeremony); err != nil || s.now().Unix() >= opened.ExpiresAt {
		return nil, false
	}
	// The challenge, and not the state: that can be spelled in more than one way.
	challenge, err := passkey.Challenge(opened.Library)
	if err != nil {
		return nil, false
	}
	opened.digest = secret.Digest(secret.Text(challenge))
	return opened, true
}

// use notes that a ceremony is finished: it can be once. problems are those of one that was.
func (c *openCeremony) use(ctx context.Context, tx *tx, problems Problems) error {
	if c.digest == nil {
		return nil
	}
	if tx.at.Unix() >= c.ExpiresAt { // the lock took its time
		return problems
	}
	err := tx.Passkeys().UseCeremony(ctx, c.digest, time.Unix(c.ExpiresAt, 0).UTC())
	if errors.Is(err, ErrCeremonyUsed) {
		return problems
	}
	return err
}

// provedPasskey is a passkey whose use was verified outside of a transaction.
type provedPasskey struct {
	ceremony *openCeremony
	passkey  *Passkey // as it was then
	proved   *passkey.Proved
	problems Problems // of one that does not hold any more
	alone    bool     // it is the whole login
}

// provePasskey verifies what a browser responds to a ceremony: errPasskeyUnknown for a passkey that nobody has, and
// problems for everything else that is wrong. owner is whose passkey it must be; uuid.Nil: anyone's.
func (s *Service) provePasskey(ctx context.Context, ceremony *openCeremony, credential map[string]any, owner uuid.UUID, problems Problems) (*provedPasskey, error) {
	response, err := json.Marshal(credential)
	if err != nil {
		return nil, problems
	}
	read, err := passkey.ReadResponse(response)
	if err != nil {
		return nil, problems
	}
	found, err := s.store.PasskeyByCredential(ctx, read.CredentialID())
	switch {
	case errors.Is(err, ErrNotFound) && owner == uuid.Nil:
		return nil, errPasskeyUnknown
	case errors.Is(err, ErrNotFound):
		return nil, problems
	case err != nil:
		return nil, fmt.Errorf("find passkey: %w", err)
	case owner != uuid.Nil && found.UserID != owner:
		return nil, problems
	}
	as, err := s.accountOf(ctx, found.UserID)
	if errors.Is(err, ErrNotFound) {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	proved, err := s.config.RelyingParty.Finish(as, ceremony.Library, read)
	if errors.Is(err, passkey.ErrInvalid) {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	return &provedPasskey{ceremony: ceremony, passkey: found, proved: proved, problems: problems}, nil
}

// accountOf returns a user as authenticators know it. ErrNotFound if there is no such user, or it has no handle.
func (s *Service) accountOf(ctx context.Context, userID uuid.UUID) (*passkey.Account, error) {
	user, err := s.store.UserByID(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("find user of passkey: %w", err)
	}
	handle, err := s.store.PasskeyHandle(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("find handle of user: %w", err)
	}
	passkeys, err := s.store.PasskeysOf(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("list passkeys of user: %w", err)
	}
	return account(user, handle, passkeys), nil
}

// beginProof begins a ceremony for the passkeys of a user that work; nil if there is none.
func (s *Service) beginProof(ctx context.Context, store passkeyLister, user *User) (*passkey.Ceremony, error) {
	if !s.config.Passkeys() {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	passkeys, err := store.PasskeysOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	if passkeys = s.working(passkeys); len(passkeys) == 0 {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	return s.config.RelyingParty.BeginProof(account(user, nil, passkeys))
}

// use uses a passkey of a locked user, if the proof still holds: it finishes the ceremony, and notes what the
// authenticator told. errPasskeyCloned if there is a copy of the passkey.
func (p *provedPasskey) use(ctx context.Context, s *Service, tx *tx, user *User, sessionID uuid.UUID) error {
	if err := p.ceremony.use(ctx, tx, p.problems); err != nil {
		return err
	}
	passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
	if err != nil {
		return err
	}
	found := passkeyWith(passkeys, p.passkey.ID)
	if found == nil {
		return p.problems
	}
	if isCopy := p.isCopyOf(found); isCopy || !s.works(found) {
		if !s.config.TolerateClonedPasskeys {
			return &clonedPasskey{p}
		}
		if isCopy {
			if err := markCloned(ctx, tx, user, found); err != nil {
				return err
			}
		}
	}
	if found.BackupEligible != p.proved.BackupEligible {
		if err := tx.audit(ctx, actPasskeyBackupChanged, user.ID, sessionID); err != nil {
			return err
		}
	}
	found.SignCount = max(found.SignCount, p.proved.SignCount)
	found.BackupEligible, found.BackedUp = p.proved.BackupEligible, p.proved.BackedUp
	found.CanLogIn = found.CanLogIn || p.alone
	found.LastUsedAt = tx.at
	return tx.Passkeys().UpdatePasskey(ctx, found)
}

// isCopyOf reports whether the counter shows that there is a copy of the passkey (Level 3, section 7.2, step 22). Those
// that are synced always tell 0.
func (p *provedPasskey) isCopyOf(found *Passkey) bool {
	return p.proved.SignCount <= found.SignCount && (p.proved.SignCount != 0 || found.SignCount != 0)
}

// markCloned notes that there may be a copy of a passkey of a locked user, and enqueues the notice; the first time.
func markCloned(ctx context.Context, tx *tx, user *User, found *Passkey) error {
	if !found.ClonedAt.IsZero() {
		return nil
	}
	found.ClonedAt = tx.at
	if err := tx.audit(ctx, actPasskeyCloned, user.ID, noSession); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobPasskeyCloned, UserID: user.ID, Recipient: user.Email.Canonical})
}

// clonedPasskey is errPasskeyCloned, of the passkey that was used.
type clonedPasskey struct{ *provedPasskey }

func (*clonedPasskey) Error() string { return errPasskeyCloned.Error() }

// Unwrap returns what the user is told.
func (*clonedPasskey) Unwrap() error { return errPasskeyCloned }

// markIfCloned marks a passkey whose use was refused because there is a copy of it: from then on it does not work. It
// does nothing for another refusal.
func (s *Service) markIfCloned(ctx context.Context, refusal error) error {
	p, ok := errors.AsType[*clonedPasskey](refusal)
	if !ok {
		return nil
	}
	err := s.do(ctx, "mark a passkey as cloned", func(tx *tx) error {
		user, err := tx.LockUser(ctx, p.passkey.UserID)
		if err != nil {
			return err
		}
		passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
		if err != nil {
			return err
		}
		found := passkeyWith(passkeys, p.passkey.ID)
		if found == nil || !p.isCopyOf(found) { // or it was removed at this moment
			return nil
		}
		if err := markCloned(ctx, tx, user, found); err != nil {
			return err
		}
		return tx.Passkeys().UpdatePasskey(ctx, found)
	})
	if errors.Is(err, ErrNotFound) { // so was the user
		return nil
	}
	return err
}
