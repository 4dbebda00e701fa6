package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// SecondFactorPolicy says who must have a second factor.
type SecondFactorPolicy string

// The policies. Whoever has a second factor has to prove it under each of them.
const (
	SecondFactorForNobody    SecondFactorPolicy = "nobody" // also the zero policy
	SecondFactorForAdmin     SecondFactorPolicy = "admin"
	SecondFactorForStaff     SecondFactorPolicy = "staff" // and for ADMIN
	SecondFactorForEverybody SecondFactorPolicy = "everybody"
)

// SecondFactor is a way to prove the second factor of a login.
type SecondFactor string

// The second factors.
const (
	FactorTOTP         SecondFactor = "TOTP"
	FactorPasskey      SecondFactor = "PASSKEY"
	FactorRecoveryCode SecondFactor = "RECOVERY_CODE" // stands in for one that is lost
)

// enrollable are the second factors that a user can set up.
func (s *Service) enrollable(user *User) []SecondFactor {
	if s.mayHavePasskeys(user) {
		return []SecondFactor{FactorTOTP, FactorPasskey}
	}
	return []SecondFactor{FactorTOTP}
}

// SecondFactors are the second factors that there are here.
func (c Config) SecondFactors() []SecondFactor {
	if c.Passkeys() {
		return []SecondFactor{FactorTOTP, FactorPasskey, FactorRecoveryCode}
	}
	return []SecondFactor{FactorTOTP, FactorRecoveryCode}
}

// SecondFactors is what a user has of them.
type SecondFactors struct {
	Required          bool  // by the role, so that the last one cannot be removed
	TOTP              *TOTP // nil: none
	RecoveryCodesLeft int
	Devices           []*TrustedDevice // that are trusted now, the newest first
	Passkeys          []*Passkey       // the oldest first
}

// limitManageFactors bounds what each change writes down and emails. It counts as the account the session or the
// login: whoever has stolen one cannot use up the owner's.
var limitManageFactors = newLimit("manage_second_factor",
	"Setups and removals of second factors, and new recovery codes. As the account counts the session or the login that asks for it.", perAccount(20, time.Minute))

// jobSecondFactorsRemoved is to tell a user that their second factors were removed: UserID.
var jobSecondFactorsRemoved = newJob("second_factors_removed", notice(LetterSecondFactorsRemoved))

// LetterSecondFactorsRemoved tells of it.
var LetterSecondFactorsRemoved = newLetter("second_factors_removed", LetterSpec{order: 180})

var actSecondFactorsRemoved = newAct("second_factors_removed",
	"The second factors of an account were removed: by an operator or administrator, with a change of address that was undone, or because whoever confirmed the address may not have set them up.")

// errSecondFactorNeeded is what nobody can mend but by keeping or setting up a second factor.
var errSecondFactorNeeded = problem(SecondFactorNeeded, "", "Your account needs a second factor. Set up another one before you remove this one.")

// HasSecondFactor reports whether the user has to prove a second factor to log in.
func (u *User) HasSecondFactor() bool { return !u.SecondFactorSince.IsZero() }

// requiresSecondFactor reports whether users of a role must have a second factor.
func (c Config) requiresSecondFactor(role Role) bool {
	switch c.RequireSecondFactor {
	case SecondFactorForAdmin:
		return role.Includes(RoleAdmin)
	case SecondFactorForStaff:
		return role.Includes(RoleStaff)
	case SecondFactorForEverybody:
		return true
	case SecondFactorForNobody:
	}
	return false
}

// factorsNeeded is how many factors a user has to prove before there is a session.
func (s *Service) factorsNeeded(user *User) int {
	if user.HasSecondFactor() || s.config.requiresSecondFactor(user.Role) {
		return 2
	}
	return 1
}

// lacksFactor reports whether a session was proved with fewer factors than its user needs by now: the role was
// raised, say, or the setting changed. One that began on a trusted device lacks none, though it proved one. Nor does one
// in which an administrator acts, whose own session is asked for theirs.
func (s *Service) lacksFactor(user *User, session *Session) bool {
	return !session.Impersonated() && s.factorsNeeded(user) > 1 && session.Factors < 2 && !s.begunByTrustedDevice(user, session)
}

// errFactorRequired is the error of a session that lacks a factor.
func errFactorRequired(user *User) *Error {
	fault := &Error{
		Kind: SecondFactorRequired, Enrolled: user.HasSecondFactor(),
		Message: "This account needs a second factor: set one up with beginTotp and confirmTotp. Log in again if this session is not fresh any more.",
	}
	if fault.Enrolled {
		fault.Message = "This account has a second factor that was not proved here: log in again, and complete the login with it."
	}
	return fault
}

// isFresh reports whether a proof in the session is recent enough for what needs a fresh one: of the second factor
// if the account has one, and otherwise of any credential. In a session of an administrator who acts as the user, nothing
// of the user was proved.
func isFresh(user *User, session *Session, now time.Time) bool {
	if session.Impersonated() {
		return false
	}
	if user.HasSecondFactor() {
		return now.Before(session.SecondFactorAt.Add(freshFor))
	}
	return session.Fresh(now)
}

// SecondFactors returns what a user with a role has of second factors.
func (s *Service) SecondFactors(ctx context.Context, userID uuid.UUID, role Role) (*SecondFactors, error) {
	factors := &SecondFactors{Required: s.config.requiresSecondFactor(role)}
	var err error
	if factors.TOTP, err = totpOrNone(ctx, s.store, userID); err != nil {
		return nil, fmt.Errorf("list second factors: %w", err)
	}
	if factors.RecoveryCodesLeft, err = s.store.RecoveryCodesLeft(ctx, userID); err != nil {
		return nil, fmt.Errorf("list second factors: %w", err)
	}
	if factors.Devices, err = s.trustedDevices(ctx, userID); err != nil {
		return nil, fmt.Errorf("list second factors: %w", err)
	}
	if factors.Passkeys, err = s.store.PasskeysOf(ctx, userID); err != nil {
		return nil, fmt.Errorf("list second factors: %w", err)
	}
	return factors, nil
}

// totpOrNone returns the authenticator app of a user, nil for none.
func totpOrNone(ctx context.Context, store totpReader, userID uuid.UUID) (*TOTP, error) {
	totp, err := store.TOTPOf(ctx, userID)
	if errors.Is(err, ErrNotFound) {
		return nil, nil //nolint:nilnil // none is an answer here
	}
	return totp, err
}

// usableFactors returns what a user can complete a login with. Whether passkeys are among it, the caller has found out.
func usableFactors(ctx context.Context, tx *tx, userID uuid.UUID, passkeys bool) ([]SecondFactor, error) {
	var factors []SecondFactor
	totp, err := totpOrNone(ctx, tx, userID)
	if err != nil {
		return nil, err
	}
	if totp != nil && !totp.locked() {
		factors = append(factors, FactorTOTP)
	}
	if passkeys {
		factors = append(factors, FactorPasskey)
	}
	left, err := tx.RecoveryCodesLeft(ctx, userID)
	if err != nil {
		return nil, err
	}
	if left > 0 {
		factors = append(factors, FactorRecoveryCode)
	}
	return factors, nil
}

// gainFactor notes that a locked user has set up a second factor. If it is the first, all sessions end but the one
// given, so that a thief's does not outlive it. All logins that wait end, and no device is trusted any more. The caller
// writes the user.
func gainFactor(ctx context.Context, tx *tx, user *User, except uuid.UUID) error {
	if err := distrust(ctx, tx, user.ID, except); err != nil {
		return err
	}
	user.UpdatedAt = tx.at
	if user.HasSecondFactor() {
		return nil
	}
	user.SecondFactorSince = tx.at
	_, err := tx.EndSessions(ctx, user.ID, except)
	return err
}

// loseFactor notes that a locked user has removed a second factor, in a session. worked: it was one that works. A factor
// that does not work (a passkey that was copied, any passkey while they are turned off, an app that is locked) keeps
// nothing and blocks nothing. So errSecondFactorNeeded if the account must have a factor, the one that was removed
// worked, and none that works is left. Otherwise the account needs no second step once none that works is left, and the
// recovery codes go too. All logins that wait end, and no device is trusted any more. It writes the user.
func (s *Service) loseFactor(ctx context.Context, tx *tx, user *User, worked bool, sessionID uuid.UUID) error {
	if err := distrust(ctx, tx, user.ID, sessionID); err != nil {
		return err
	}
	oldest, works, err := s.factorsLeft(ctx, tx, user.ID)
	if err != nil {
		return err
	}
	if worked && !works {
		if s.config.requiresSecondFactor(user.Role) {
			return Problems{errSecondFactorNeeded}
		}
		oldest = time.Time{}
	}
	if oldest.IsZero() {
		if err := tx.DeleteRecoveryCodes(ctx, user.ID, time.Time{}); err != nil {
			return err
		}
	}
	user.SecondFactorSince, user.UpdatedAt = oldest, tx.at
	return tx.UpdateUser(ctx, user)
}

// factorsLeft returns when a user set up the oldest second factor that they have now, zero if they have none, and
// whether one of them works.
func (s *Service) factorsLeft(ctx context.Context, tx *tx, userID uuid.UUID) (oldest time.Time, works bool, err error) {
	totp, err := totpOrNone(ctx, tx, userID)
	if err != nil {
		return oldest, false, err
	}
	if totp != nil {
		oldest, works = totp.CreatedAt, !totp.locked()
	}
	passkeys, err := tx.Passkeys().PasskeysOf(ctx, userID)
	if err != nil {
		return oldest, false, err
	}
	if len(passkeys) > 0 && (oldest.IsZero() || passkeys[0].CreatedAt.Before(oldest)) {
		oldest = passkeys[0].CreatedAt
	}
	return oldest, works || slices.ContainsFunc(passkeys, s.works), nil
}

// dropFactors removes all second factors of a locked user, the logins that wait, and the trusted devices. The caller
// writes the user, with the time of the change.
func dropFactors(ctx context.Context, tx *tx, user *User) error {
	if err := distrust(ctx, tx, user.ID, noSession); err != nil {
		return err
	}
	if err := tx.DeleteTOTP(ctx, user.ID); err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if _, err := dropPasskeys(ctx, tx, user.ID, time.Time{}); err != nil {
		return err
	}
	if err := tx.DeleteRecoveryCodes(ctx, user.ID, time.Time{}); err != nil {
		return err
	}
	user.SecondFactorSince = time.Time{}
	return nil
}

// dropPlantedFactors removes the second factors of a locked user that a stranger may have set up, and tells the user: it
// may have been they, before they confirmed the address. The caller writes the user.
func dropPlantedFactors(ctx context.Context, tx *tx, user *User) error {
	had := user.HasSecondFactor()
	if err := dropFactors(ctx, tx, user); err != nil || !had {
		return err
	}
	return tellFactorsRemoved(ctx, tx, user)
}

// tellFactorsRemoved writes down that second factors of a locked user were removed, and tells the user.
func tellFactorsRemoved(ctx context.Context, tx *tx, user *User) error {
	if err := tx.audit(ctx, actSecondFactorsRemoved, user.ID, noSession); err != nil {
		return err
	}
	return tx.enqueue(ctx, OutboxItem{Job: jobSecondFactorsRemoved, UserID: user.ID, Recipient: user.Email.Canonical})
}

// dropFactorsSince removes what a locked user has set up of second factors at a time or later, which may have been a
// thief, and tells the user. What is older stays, whether it works now or not. The caller writes the user.
func (s *Service) dropFactorsSince(ctx context.Context, tx *tx, user *User, since time.Time) error {
	totp, err := totpOrNone(ctx, tx, user.ID)
	if err != nil {
		return err
	}
	dropped, err := dropPasskeys(ctx, tx, user.ID, since)
	if err != nil {
		return err
	}
	if totp != nil && !totp.CreatedAt.Before(since) {
		dropped++
		if err := tx.DeleteTOTP(ctx, user.ID); err != nil {
			return err
		}
	}
	if user.SecondFactorSince, _, err = s.factorsLeft(ctx, tx, user.ID); err != nil {
		return err
	}
	if !user.HasSecondFactor() {
		since = time.Time{}
	}
	if err := tx.DeleteRecoveryCodes(ctx, user.ID, since); err != nil || dropped == 0 {
		return err
	}
	if err := distrust(ctx, tx, user.ID, noSession); err != nil {
		return err
	}
	return tellFactorsRemoved(ctx, tx, user)
}

// RemoveFactors removes all second factors of a user who has lost them, on the word of an operator or administrator, ends
// all sessions and enqueues the notice. Errors as SetRole. Administrators remove their own as users do, because that keeps
// the last one that they need.
func (s *Service) RemoveFactors(ctx context.Context, actor Actor, name string) (*User, error) {
	return s.amendAccount(ctx, "remove second factors", actor, name, actSecondFactorsRemoved, func(tx *tx, user *User) error {
		if tx.actor.isOn(user) {
			return notOneself("remove their own second factors")
		}
		if err := dropFactors(ctx, tx, user); err != nil {
			return err
		}
		if _, err := tx.EndSessions(ctx, user.ID, noSession); err != nil {
			return err
		}
		return tx.enqueue(ctx, OutboxItem{Job: jobSecondFactorsRemoved, UserID: user.ID, Recipient: user.Email.Canonical})
	})
}
