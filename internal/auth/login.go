package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Limits of logins. HTTP Basic counts as a login.
var (
	LimitLogin       = newLimit("login", "Passwords that are compared, right or wrong: by a login, and by a signed-in user to confirm an identity or to change the password.", perAddress(30, time.Minute))
	LimitLoginFailed = newLimit("login_failed", "Wrong passwords.", perAddress(10, time.Minute), perAccount(5, 5*time.Minute))
)

// LoginInput is who logs in, by exactly one of address and username, and the proof.
type LoginInput struct {
	Email    string // empty: none given
	Username string // empty: none given
	Password secret.Text
	SessionDelivery
}

// errInvalidCredentials is the one answer for an unknown account, a wrong password and a sign-up
// that is not confirmed: anything else would tell who has an account.
func (s *Service) errInvalidCredentials() Problems {
	if s.config.Usernames == UsernamesOff {
		return Problems{problem(InvalidCredentials, "", "Wrong email or password.")}
	}
	return Problems{problem(InvalidCredentials, "", "Wrong email, username or password.")}
}

// errAccountDisabled is told only to who has shown to be the user.
var errAccountDisabled = Problems{problem(AccountDisabled, "", "This account is disabled. Ask whoever runs this service.")}

// Login verifies a password and begins a session. Problems: INVALID_CREDENTIALS, after the same work
// for known and unknown accounts; ACCOUNT_DISABLED after the right password; EMAIL_INVALID,
// USERNAME_INVALID, REQUIRED and PASSWORD_TOO_LONG for what no account could have. An Error of kind
// RateLimited when too many passwords are being checked, or too many were wrong. A hash made with
// other parameters than are in force now is replaced.
//
// While confirmation is mandatory, whoever brings the password of an account or of a sign-up that is not
// confirmed is refused like anyone else, and the confirmation email is sent again.
func (s *Service) Login(ctx context.Context, in LoginInput) (*Grant, error) {
	account, problems := s.identify(in)
	password, more := presentedPassword(in.Password, "password")
	if err := append(problems, more...).err(); err != nil {
		return nil, err
	}
	var err error
	if account.email, err = s.held(ctx, account.email); err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	ReportFrom(ctx).concerns(account.key())

	ctx, attempt, err := s.permitLogin(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	defer attempt.End(ctx)
	delivery, err := s.prepare(ctx, in.SessionDelivery)
	if err != nil {
		return nil, fmt.Errorf("log in: %w", err)
	}
	grant, err := s.admitToSession(ctx, "log in", actLoggedIn, func(ctx context.Context) (*proof, error) {
		return s.provePassword(ctx, attempt, account, password)
	}, delivery)
	if errors.Is(err, errOvertaken) {
		return nil, s.refuse(ctx, attempt, account, refusal{act: actLoggedIn, password: PasswordWrong, why: s.errInvalidCredentials()})
	}
	return grant, err
}

// permitLogin counts a login before its password is hashed. In the context that it returns, the hash is made for a
// device that the account knows, if it is one: under a flood, such a device has places in the queue that no
// stranger can take.
func (s *Service) permitLogin(ctx context.Context, account identifier) (context.Context, *ratelimit.Attempt, error) {
	known := withKnownDevice(ctx)
	if err := s.hasher.Room(known); err != nil {
		return ctx, nil, busy(err, "look for a turn to hash")
	}
	counted, err := s.limitedFrom(ctx, LimitLoginFailed, account)
	if err != nil {
		return ctx, nil, err
	}
	if counted != account.limited() {
		ctx = known
	} else if err := s.hasher.Room(ctx); err != nil {
		return ctx, nil, busy(err, "look for a turn to hash")
	}
	attempt, err := s.permit(ctx,
		use{limit: LimitLogin, act: actLoggedIn},
		use{limit: LimitLoginFailed, act: actLoggedIn, account: counted, hold: true})
	return ctx, attempt, err
}

// provePassword verifies a password, and makes a new hash of it if that in force is outdated.
// Problems and errors are those of Login.
func (s *Service) provePassword(ctx context.Context, attempt *ratelimit.Attempt, account identifier, password presented) (*proof, error) {
	verified, outdated, err := s.verify(ctx, attempt, account, password, actLoggedIn)
	if err != nil {
		return nil, err
	}
	var rehashed secret.Text
	if outdated {
		if rehashed, err = s.hasher.Hash(ctx, password.text); err != nil {
			return nil, busy(err, "log in: rehash password")
		}
	}
	proof := passwordProof(attempt, account, verified)
	proof.forgives = wrongCodesOf
	stillHolds := proof.recheck
	proof.recheck = func(ctx context.Context, tx *tx, user *User) error {
		if err := stillHolds(ctx, tx, user); err != nil || rehashed == "" {
			return err
		}
		user.PasswordHash = rehashed
		return tx.SetPassword(ctx, user.ID, rehashed, tx.at)
	}
	return proof, nil
}

// passwordProof is the proof of a password that was verified, for whoever has the identifier.
func passwordProof(attempt *ratelimit.Attempt, account identifier, verified *User) *proof {
	return &proof{
		methods: []Method{MethodPassword}, factors: 1, userID: verified.ID, attempt: attempt,
		recheck: func(_ context.Context, _ *tx, user *User) error {
			if !account.isOf(user) || user.Disabled() {
				return errOvertaken
			}
			return samePassword(verified, user)
		},
	}
}

// verify returns the user of the identifier if the password is right and the user may come in, and
// whether its hash is outdated. Problems and errors are those of Login; a refusal is written down as
// one of the act.
func (s *Service) verify(ctx context.Context, attempt *ratelimit.Attempt, account identifier, password presented, act Act) (verified *User, outdated bool, err error) {
	user, compared, hash, err := s.whoseHash(ctx, account)
	if err != nil {
		return nil, false, err
	}
	hash = s.comparable(ctx, compared, hash)
	decoy := s.hasher.Decoy(s.decoyKey.Fingerprint(account.key()))
	if user.ID != uuid.Nil && hash != "" {
		decoy = "" // the hash has a class already
	}
	match, old, err := s.compare(ctx, hash, decoy, password)
	if err != nil {
		failOn(attempt, err)
		return nil, false, busy(err, "log in: verify password")
	}
	refused := refusal{act: act, userID: user.ID, compared: compared, password: PasswordWrong, why: s.errInvalidCredentials()}
	if match {
		refused.password = PasswordRight
	}
	if !match || !s.mayLogIn(user) {
		attempt.Fail()
		if match {
			if err := s.hasher.Equalize(ctx, hash, password.text); err != nil {
				return nil, false, busy(err, "log in: equalize a refusal")
			}
		}
		return nil, false, s.refuse(ctx, attempt, account, refused)
	}
	if user.Disabled() {
		refused.why = errAccountDisabled
		return nil, false, s.refuse(ctx, attempt, account, refused)
	}
	return user, old, nil
}

// whoseHash returns the user of the identifier, the id of the user, and the hash of the password. If there is none,
// it returns an empty user and the id and the hash of the newest sign-up, unless that has expired, or no id and no hash.
// Both are looked for in any case, so that it is the same work whoever has the identifier.
func (s *Service) whoseHash(ctx context.Context, account identifier) (user *User, compared uuid.UUID, hash secret.Text, err error) {
	user, userErr := account.find(ctx, s.store)
	if userErr != nil && !errors.Is(userErr, ErrNotFound) {
		return nil, uuid.Nil, "", fmt.Errorf("log in: find user: %w", userErr)
	}
	signUp, err := account.findSignUp(ctx, s.store)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, uuid.Nil, "", fmt.Errorf("log in: find sign-up: %w", err)
	}
	switch {
	case userErr == nil:
		return user, user.ID, user.PasswordHash, nil
	case err == nil && s.now().Before(signUp.ExpiresAt):
		return &User{}, signUp.ID, signUp.PasswordHash, nil
	}
	return &User{}, uuid.Nil, "", nil
}

// mayLogIn reports whether the user could log in with the right password. An empty user never can.
func (s *Service) mayLogIn(u *User) bool {
	return u.ID != uuid.Nil && (u.EmailVerified() || s.config.EmailVerification != VerificationMandatory)
}

// refusal is why a login fails.
type refusal struct {
	act      Act
	userID   uuid.UUID // whose login it is; uuid.Nil: nobody's
	compared uuid.UUID // the user or the sign-up whose password was compared; uuid.Nil: there is none
	password PasswordCheck
	why      Problems
}

// refuse is the end of every login that fails: it returns why. It writes that down, of the account
// if there is one, and while confirmation is mandatory it enqueues the confirmation email. That leaves
// only if the password was right and its user or sign-up still waits for the confirmation, which is decided when it
// is composed: the work here is the same for all, and so is what is written. If there is no account, the email names
// an id that nothing has.
func (s *Service) refuse(ctx context.Context, attempt *ratelimit.Attempt, account identifier, r refusal) error {
	mandatory := s.config.EmailVerification == VerificationMandatory
	noted := s.mayNoteUnknown(ctx, r.act, loginsOfUnknown)
	err := s.do(ctx, "log in: note the refusal", func(tx *tx) error {
		if mandatory {
			item := OutboxItem{Job: account.job(), EmailKey: account.key(), Password: r.password, SignUpID: r.compared}
			if item.SignUpID == uuid.Nil {
				item.SignUpID = newID()
			}
			if err := tx.enqueue(ctx, item); err != nil {
				return err
			}
		}
		if err := attempt.Settle(ctx, tx, tx.at); err != nil {
			return err
		}
		if !noted {
			tx.observeRefusal(r.act, r.why)
			return nil
		}
		return tx.auditRefusal(ctx, r.act, r.why, r.userID, uuid.Nil)
	})
	if err != nil {
		return err
	}
	attempt.Done()
	return r.why
}
