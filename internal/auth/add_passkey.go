package auth

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// AddPasskeyInput is what a browser responded to BeginPasskey.
type AddPasskeyInput struct {
	State      secret.Text
	Credential map[string]any
	Name       *string // nil: that of what keeps it
	SessionDelivery
}

// PasskeyAddition is what came of adding a passkey.
type PasskeyAddition struct {
	Passkey       *Passkey
	RecoveryCodes []secret.Text // told this once; none: those from before are still good
	Grant         *Grant        // of the login that is complete by it; nil: it was added in a session
}

// errPasskeyUnconfirmed: a passkey is a whole account, so nobody adds one to the address of somebody else.
var errPasskeyUnconfirmed = &Error{Kind: EmailNotConfirmed, Message: "A passkey needs a confirmed email address: open the link in the email, or ask for it again."}

// errAutomaticPasskey keeps a browser from giving an account a second factor that its user was not asked about.
var errAutomaticPasskey = Problems{problem(SecondFactorNeeded, "", "A passkey can be made without asking only after a second factor was proved. Ask the user to add one.")}

// provedTwo reports whether a second factor was proved in the session of a bearer.
func (b Bearer) provedTwo() bool { return b.Caller != nil && b.Caller.Session.Factors > 1 }

// mayHavePasskeys reports whether the user has confirmed the address, if the operator wants that at all.
func (s *Service) mayHavePasskeys(user *User) bool {
	return s.config.Passkeys() && (user.EmailVerified() || s.config.EmailVerification == VerificationNone)
}

// BeginPasskey begins to add a passkey, for whoever has a fresh session, or a login that waits for its user to set up a
// second factor. Nothing is kept until AddPasskey, which works for 5 minutes, in this session or login alone.
// Automatic: the browser may make it without asking, if it has just filled in the password. Nobody has proved anything by
// that, so it takes a session in which a second factor was proved, and makes that no fresher. Problems: TOO_MANY;
// SECOND_FACTOR_NEEDED for an automatic one elsewhere.
// Errors: kind Forbidden where passkeys are off; EmailNotConfirmed; SecondFactorRequired for a login that waits for a
// factor to be proved; RateLimited.
func (s *Service) BeginPasskey(ctx context.Context, bearer Bearer, automatic bool) (*Ceremony, error) {
	if err := s.mayAddPasskey(bearer); err != nil {
		return nil, err
	}
	if automatic && !bearer.provedTwo() {
		return nil, errAutomaticPasskey
	}
	if err := s.limit(ctx, limitManageFactors, "", bearer.binding()); err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	user := bearer.user()
	passkeys, err := s.store.PasskeysOf(ctx, user.ID)
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	if len(passkeys) >= maxPasskeys {
		return nil, errTooManyPasskeys
	}
	handle, err := s.store.PasskeyHandle(ctx, user.ID)
	if errors.Is(err, ErrNotFound) {
		handle, err = secret.NewUserHandle(), nil
	}
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	begun, err := s.config.RelyingParty.BeginCreate(account(user, handle, passkeys), automatic)
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	ceremony, err := s.beginCeremony(ceremonyAdd, setupBinding(bearer), sealedCeremony{Handle: handle, Automatic: automatic}, begun)
	if err != nil {
		return nil, fmt.Errorf("begin passkey: %w", err)
	}
	return ceremony, nil
}

// mayAddPasskey returns why a bearer can add no passkey.
func (s *Service) mayAddPasskey(bearer Bearer) error {
	switch {
	case !s.config.Passkeys():
		return errPasskeysOff
	case !s.mayHavePasskeys(bearer.user()):
		return errPasskeyUnconfirmed
	}
	return bearer.mayEnroll()
}

// AddPasskey adds the passkey that a browser has made. With the first second factor all other sessions end; whoever has
// no recovery codes gets ten. In a login that waits for it, this completes the login. A notice is enqueued.
//
// Problems: REQUIRED and NAME_INVALID; PASSKEY_INVALID for everything that is wrong with the passkey or the ceremony;
// TOO_MANY. Errors are those of BeginPasskey, and kind Unauthenticated if the session or the login ended meanwhile.
func (s *Service) AddPasskey(ctx context.Context, bearer Bearer, in AddPasskeyInput) (*PasskeyAddition, error) {
	if err := s.mayAddPasskey(bearer); err != nil {
		return nil, err
	}
	name := ""
	if in.Name != nil {
		var problems Problems
		if name, problems = checkPasskeyName(*in.Name); problems != nil {
			return nil, problems
		}
	}
	attempt, err := s.permit(ctx,
		use{limit: LimitSecondFactor, act: actPasskeyAdded, per: PerAddress},
		use{limit: limitManageFactors, account: bearer.binding()})
	if err != nil {
		return nil, fmt.Errorf("add passkey: %w", err)
	}
	defer attempt.End(ctx)
	addition := &passkeyAddition{service: s, bearer: bearer}
	if err := addition.read(in, name); err != nil {
		if errors.Is(err, passkey.ErrInvalid) {
			return nil, s.noteFactorRefusal(ctx, actPasskeyAdded, errPasskeyInvalid, bearer)
		}
		return nil, fmt.Errorf("add passkey: %w", err)
	}
	var added *PasskeyAddition
	if bearer.Pending != nil {
		added, err = addition.inLogin(ctx, attempt, in.SessionDelivery)
	} else {
		added, err = addition.inSession(ctx)
	}
	if problems, ok := errors.AsType[Problems](err); ok && problems[0].Code == PasskeyInvalid {
		return nil, s.noteFactorRefusal(ctx, actPasskeyAdded, problems, bearer)
	}
	return added, err
}

// passkeyAddition is a passkey on its way into the store.
type passkeyAddition struct {
	service  *Service
	bearer   Bearer
	ceremony *openCeremony
	passkey  Passkey
	codes    []secret.Text
}

// read verifies what the browser has made. passkey.ErrInvalid for everything that is wrong with it.
func (a *passkeyAddition) read(in AddPasskeyInput, name string) error {
	var ok bool
	if a.ceremony, ok = a.service.openCeremony(ceremonyAdd, setupBinding(a.bearer), in.State); !ok {
		return passkey.ErrInvalid
	}
	response, err := json.Marshal(in.Credential)
	if err != nil {
		return passkey.ErrInvalid
	}
	made, err := a.service.config.RelyingParty.FinishCreate(account(a.bearer.user(), a.ceremony.Handle, nil), a.ceremony.Library, response)
	if err != nil {
		return err
	}
	a.passkey = Passkey{
		UserID: a.bearer.user().ID, CredentialID: made.ID, PublicKey: made.PublicKey, AAGUID: made.AAGUID, Transports: made.Transports,
		SignCount: made.SignCount, BackupEligible: made.BackupEligible, BackedUp: made.BackedUp,
		CanLogIn: made.Discoverable && (made.UserVerified || made.BackupEligible),
		Name:     cmp.Or(name, passkey.Provider(made.AAGUID), "Passkey"),
	}
	return nil
}

// inSession adds the passkey in the session of the caller, which has proved a second factor by it, unless the browser
// made it without asking.
func (a *passkeyAddition) inSession(ctx context.Context) (*PasskeyAddition, error) {
	caller := a.bearer.Caller
	err := a.service.do(ctx, "add passkey", func(tx *tx) error {
		user, err := lockCaller(ctx, tx, caller)
		if err != nil {
			return err
		}
		// Another request may have set up the first factor since the caller was authorized.
		if !isFresh(user, caller.Session, tx.at) {
			return errNotFresh
		}
		if err := gainFactor(ctx, tx, user, caller.Session.ID); err != nil {
			return err
		}
		if err := a.put(ctx, tx, user); err != nil {
			return err
		}
		if !a.ceremony.Automatic {
			if _, err := proveFactor(ctx, tx, caller.Session.ID, MethodPasskey); err != nil {
				return err
			}
		}
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		return tx.audit(ctx, actPasskeyAdded, user.ID, caller.Session.ID)
	})
	if err != nil {
		return nil, err
	}
	return &PasskeyAddition{Passkey: &a.passkey, RecoveryCodes: a.codes}, nil
}

// inLogin adds the passkey in a login that waits for it, and so completes the login.
func (a *passkeyAddition) inLogin(ctx context.Context, attempt *ratelimit.Attempt, how SessionDelivery) (*PasskeyAddition, error) {
	s := a.service
	delivery, err := s.prepare(ctx, how)
	if err != nil {
		return nil, fmt.Errorf("add passkey: %w", err)
	}
	grant, err := s.admitToSession(ctx, "add passkey", actLoginCompleted, func(context.Context) (*proof, error) {
		proof := s.proofOfLogin(a.bearer.Pending, MethodPasskey, func(ctx context.Context, tx *tx, user *User) error {
			if err := gainFactor(ctx, tx, user, noSession); err != nil {
				return err
			}
			if err := a.put(ctx, tx, user); err != nil {
				return err
			}
			return tx.audit(ctx, actPasskeyAdded, user.ID, noSession)
		})
		proof.attempt = attempt
		return proof, nil
	}, delivery)
	if errors.Is(err, errOvertaken) {
		return nil, errChallengeEnded
	}
	if err != nil {
		return nil, err
	}
	return &PasskeyAddition{Passkey: &a.passkey, RecoveryCodes: a.codes, Grant: grant}, nil
}

// put stores the passkey of a locked user, makes recovery codes if there are none, and enqueues the notice.
func (a *passkeyAddition) put(ctx context.Context, tx *tx, user *User) error {
	if err := a.ceremony.use(ctx, tx, errPasskeyInvalid); err != nil {
		return err
	}
	switch err := tx.Passkeys().SetPasskeyHandle(ctx, user.ID, a.ceremony.Handle); {
	case errors.Is(err, ErrNotFound): // another ceremony gave the user another handle meanwhile
		return errPasskeyInvalid
	case err != nil:
		return err
	}
	passkeys, err := tx.Passkeys().PasskeysOf(ctx, user.ID)
	if err != nil {
		return err
	}
	if len(passkeys) >= maxPasskeys {
		return errTooManyPasskeys
	}
	a.passkey.ID, a.passkey.CreatedAt = newID(), tx.at
	switch err := tx.Passkeys().AddPasskey(ctx, &a.passkey); {
	case errors.Is(err, ErrPasskeyTaken):
		return errPasskeyInvalid // whose it is, is not told; browsers exclude those of the user
	case err != nil:
		return err
	}
	if a.codes, err = a.service.recoveryCodesIfNone(ctx, tx, user.ID); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobPasskeyAdded, UserID: user.ID, Recipient: user.Email.Canonical})
}
