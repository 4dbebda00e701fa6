package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// jobSignUp is the answer to a sign-up: SignUpID.
var jobSignUp = newJob("sign_up", jobSpec{origin: fromAnyone, compose: (*Service).composeSignUp, lowPriority: true})

// LetterAlreadyRegistered tells the owner of an address with which someone signed up that it has an account.
var LetterAlreadyRegistered = newLetter("already_registered", LetterSpec{order: 30, Link: PurposeReset})

// signUpLifetime is how long a sign-up waits, and how long it counts as a claim to its address at least. It
// is much longer than a link, so that an owner who comes back late does not find a stranger's sign-up
// alone there.
const signUpLifetime = 7 * 24 * time.Hour

// limitUsernameHeld bounds how many names one client keeps from others without confirming any.
var limitUsernameHeld = newLimit("username_held", "Sign-ups with a username that wait for their confirmation. Each holds its name for a day at most.",
	perAddress(20, 24*time.Hour))

// LimitSignUp counts the addresses that are typed too, because each sign-up makes an email to one: as slowly as
// LimitConfirmEmail, one in three minutes.
var LimitSignUp = newLimit("signup", "Sign-ups. An address also counts those that were refused. As the account counts the email address that an email goes to, also by a request to change to it.",
	perAddress(20, time.Minute), perAccount(5, 15*time.Minute))

// actSignedUp names no account while confirmation is mandatory: whether there is one is not looked up.
var actSignedUp = newAct("signed_up", "A sign-up was received.", outcomeOK, outcomeLimited)

// nameMaxLength is in code points.
const nameMaxLength = 100

// RegisterInput is who signs up.
type RegisterInput struct {
	Email    string
	Password secret.Text
	Username string         // empty: none given
	Name     string         // empty: none given
	Profile  map[string]any // JSON with numbers as int64 or float64; nil: none given
	// RedirectURL is where the link of the confirmation leads; empty: to the configured page.
	RedirectURL string
	SessionDelivery
}

// Registration is what came of signing up. Grant is set when nothing has to be confirmed first; where everybody needs
// a second factor, it is a challenge.
type Registration struct {
	Grant *Grant
}

// ConfirmationRequired reports whether a mailed link must be opened before one can log in.
func (r *Registration) ConfirmationRequired() bool { return r.Grant == nil }

// Register signs a user up. While confirmation is mandatory it only remembers the sign-up and enqueues
// a mail, without looking whether the address is known: the same work and the same answer for
// everybody. Otherwise it makes the user and logs them in, and a known address is a Problem,
// EMAIL_TAKEN. USERNAME_TAKEN depends in every mode on the names in use only, not on the address. It
// returns Problems for what can be mended, and an Error of kind RateLimited when too many passwords
// are being hashed, or too many have signed up from the client address, with the email address, or with usernames that
// wait for their confirmation.
func (s *Service) Register(ctx context.Context, in RegisterInput) (*Registration, error) {
	switch s.config.Registration {
	case RegistrationClosed:
		return nil, Problems{problem(RegistrationNotOpen, "", "Only an operator makes accounts here.")}
	case RegistrationInvite:
		return nil, Problems{problem(RegistrationNotOpen, "", "Only people who were invited have accounts here: open the link in the invitation.")}
	case RegistrationOpen:
	}

	if err := s.limit(ctx, LimitSignUp, actSignedUp, ""); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	applicant, problems := s.checkApplicant(in)
	if err := problems.err(); err != nil {
		return nil, err
	}
	var err error
	if applicant.email, err = s.held(ctx, applicant.email); err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	ReportFrom(ctx).concerns(applicant.email.Canonical)
	if s.config.EmailVerification == VerificationMandatory {
		return s.signUp(ctx, applicant)
	}
	hash, err := s.hasher.Hash(ctx, applicant.password)
	if err != nil {
		return nil, busy(err, "register: hash password")
	}
	return s.signUpAtOnce(ctx, applicant, hash, in.SessionDelivery)
}

// applicant is a checked RegisterInput.
type applicant struct {
	email    address.Email
	username Username
	name     string
	profile  profile.Profile
	password secret.Text
	redirect string // empty: none
}

func (s *Service) checkApplicant(in RegisterInput) (applicant, Problems) {
	email, problems := checkEmail(in.Email)
	username, more := s.checkUsername(in.Username)
	problems = append(problems, more...)
	name, more := checkName(in.Name)
	problems = append(problems, more...)
	profile, more := s.checkNewProfile(in.Profile)
	problems = append(problems, more...)
	password, more := acceptPassword(s.config.PasswordMinLength, in.Password, "password", email.Address, username.Name, name)
	problems = append(problems, more...)
	redirect, more := s.checkRedirect(in.RedirectURL)
	return applicant{
		email: email, username: username, name: name, profile: profile, password: password, redirect: redirect,
	}, append(problems, more...)
}

// checkEmail returns the address of the field "email", or what is wrong with it.
func checkEmail(raw string) (address.Email, Problems) { return checkEmailField(raw, "email") }

func checkEmailField(raw, field string) (address.Email, Problems) {
	if strings.TrimSpace(raw) == "" {
		return address.Email{}, Problems{problem(Required, field, "Enter an email address.")}
	}
	email, err := address.ParseEmail(raw)
	if err != nil {
		p := problem(InvalidEmail, field, err.Error())
		if errors.Is(err, address.ErrEmailTooLong) {
			p.Args = map[string]any{"max": address.EmailMaxLength, "maxLocal": address.LocalMaxLength}
		}
		return address.Email{}, Problems{p}
	}
	return email, nil
}

// checkName returns the name without the spaces around it, or what is wrong with it.
func checkName(raw string) (string, Problems) {
	name := strings.TrimSpace(raw)
	if utf8.RuneCountInString(name) > nameMaxLength {
		return "", Problems{problem(InvalidName, "name", "A name has at most {max} characters.").with(map[string]any{"max": nameMaxLength})}
	}
	if !text.Printable(name) {
		return "", Problems{problem(InvalidName, "name", "A name has no control characters.")}
	}
	return name, nil
}

// usernameHeldFor is how long a sign-up that waits holds its username at most. After that another sign-up can take it,
// and this one is confirmed without a username.
const usernameHeldFor = 24 * time.Hour

// HoldsUsernameUntil returns until when the sign-up holds its username.
func (s *SignUp) HoldsUsernameUntil() time.Time {
	if until := s.CreatedAt.Add(usernameHeldFor); until.Before(s.ExpiresAt) {
		return until
	}
	return s.ExpiresAt
}

// claimed is what counts as the account for mail to an address that its sender only claims to have:
// for all who claim it, in any way. permitShared counts it.
func claimed(email address.Email, act Act) use {
	return use{limit: LimitSignUp, act: act, account: identifier{email: email}.limited(), per: PerAccount}
}

// signUp remembers a sign-up. One that is not remembered, because its username is taken, makes no
// mail, and does not count for the address.
func (s *Service) signUp(ctx context.Context, a applicant) (*Registration, error) {
	if err := s.hasher.Room(ctx); err != nil {
		return nil, busy(err, "register: look for a turn to hash")
	}
	mail := claimed(a.email, actSignedUp)
	mail.hold = true
	var others []use
	if a.username != (Username{}) {
		others = append(others, use{limit: limitUsernameHeld, act: actSignedUp, hold: true})
	}
	attempt, err := s.permitShared(ctx, mail, moreClaims, others...)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	defer attempt.End(ctx)
	hash, err := s.hasher.Hash(ctx, a.password)
	if err != nil {
		return nil, busy(err, "register: hash password")
	}
	err = s.do(ctx, "register", func(tx *tx) error {
		signUp := &SignUp{
			ID:           newID(),
			Email:        a.email,
			Username:     a.username,
			Name:         a.name,
			Profile:      a.profile,
			PasswordHash: hash,
			CreatedAt:    tx.at,
			ExpiresAt:    tx.at.Add(signUpLifetime),
		}
		if err := tx.CreateSignUp(ctx, signUp); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, OutboxItem{Job: jobSignUp, SignUpID: signUp.ID, Recipient: a.email.Canonical, RedirectURL: a.redirect}); err != nil {
			return err
		}
		attempt.Fail() // which is what counts
		if err := attempt.Settle(ctx, tx, tx.at); err != nil {
			return err
		}
		return tx.audit(ctx, actSignedUp, uuid.Nil, uuid.Nil)
	})
	if problems := taken(err); problems != nil {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	attempt.Done()
	return &Registration{}, nil
}

func (s *Service) signUpAtOnce(ctx context.Context, a applicant, hash secret.Text, how SessionDelivery) (*Registration, error) {
	delivery, err := s.prepare(ctx, how)
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	grant, err := s.admitToSession(ctx, "register", actLoggedIn, func(context.Context) (*proof, error) {
		return s.proofByRegistration(a, hash), nil
	}, delivery)
	if problems := taken(err); problems != nil {
		return nil, problems
	}
	if err != nil {
		return nil, err
	}
	return &Registration{Grant: grant}, nil
}

// proofByRegistration is the proof of whoever has just chosen the password: it makes the user.
func (s *Service) proofByRegistration(a applicant, hash secret.Text) *proof {
	return &proof{
		methods: []Method{MethodPassword}, factors: 1,
		lock: func(ctx context.Context, tx *tx) (*User, error) {
			user := newUser(a.email, a.name, tx.at)
			user.Username, user.Profile, user.PasswordHash = a.username, a.profile, hash
			if err := createUser(ctx, tx, user); err != nil {
				return nil, err
			}
			if s.config.EmailVerification == VerificationOptional {
				item := OutboxItem{Job: JobConfirmation, EmailKey: user.Email.Canonical, RedirectURL: a.redirect}
				if err := tx.enqueue(ctx, item); err != nil {
					return nil, err
				}
			}
			return user, tx.audit(ctx, actSignedUp, user.ID, noSession)
		},
		recheck: func(context.Context, *tx, *User) error { return nil }, // nobody else knows of the user yet
	}
}

// taken returns the problems of a sign-up whose address or username somebody else has, and none for
// any other error.
func taken(err error) Problems {
	var problems Problems
	if errors.Is(err, ErrEmailTaken) {
		problems = append(problems, problem(EmailTaken, "email", "There is an account with this address. Log in, or reset its password."))
	}
	if errors.Is(err, ErrUsernameTaken) {
		problems = append(problems, errUsernameTaken)
	}
	return problems
}

func newUser(email address.Email, name string, now time.Time) *User {
	return &User{ID: newID(), Email: email, Name: name, Profile: profile.Empty, Role: RoleUser, CreatedAt: now, UpdatedAt: now}
}

// newID returns an id that sorts by time (UUIDv7).
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// ExpiredSignUps are sign-ups that were not confirmed in time. They are kept for as long as a later one can
// wait that was made before they expired: until then they count as a claim to the address.
var ExpiredSignUps = newExpired("sign-ups", cleanupTask{order: 30, kept: signUpLifetime})
