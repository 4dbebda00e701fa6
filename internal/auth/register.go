package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// signUpLifetime is how long a sign-up waits. Twice as long as its link, so that a link asked for
// again within a day is good for a whole day.
const signUpLifetime = 2 * ConfirmLifetime

// nameMaxLength is in code points.
const nameMaxLength = 100

// RegisterInput is who signs up.
type RegisterInput struct {
	Email    string
	Password secret.Text
	Name     string // empty: none given
}

// Registration is what came of signing up. Grant is set when nothing has to be confirmed first.
type Registration struct {
	Grant *Grant
}

// ConfirmationRequired reports whether a mailed link must be opened before one can log in.
func (r *Registration) ConfirmationRequired() bool { return r.Grant == nil }

// Register signs somebody up. While confirmation is mandatory it only remembers the sign-up and owes
// a mail, without looking whether the address is known: the same work and the same answer for
// everybody. Otherwise it makes the user and logs them in, and a known address is a Problem,
// EMAIL_TAKEN. It returns Problems for what can be mended, and an Error of kind RateLimited when
// too many passwords are being hashed.
func (s *Service) Register(ctx context.Context, in RegisterInput) (*Registration, error) {
	if s.config.Registration == RegistrationClosed {
		return nil, Problems{problem(CodeRegistrationClosed, "", "Only an operator makes accounts here.")}
	}

	applicant, problems := checkApplicant(in)
	if err := problems.err(); err != nil {
		return nil, err
	}
	hash, err := s.hasher.Hash(ctx, applicant.password)
	if err != nil {
		return nil, busy(err, "register: hash password")
	}

	if s.config.EmailVerification == VerificationMandatory {
		return s.signUp(ctx, applicant, hash)
	}
	return s.signUpAtOnce(ctx, applicant, hash)
}

// applicant is a checked RegisterInput.
type applicant struct {
	email    Email
	name     string
	password secret.Text
}

func checkApplicant(in RegisterInput) (applicant, Problems) {
	email, problems := checkEmail(in.Email)
	name, more := checkName(in.Name)
	problems = append(problems, more...)
	password, more := acceptPassword(in.Password, "password", email.Address, name)
	return applicant{email: email, name: name, password: password}, append(problems, more...)
}

// checkEmail returns the address of the field "email", or what is wrong with it.
func checkEmail(raw string) (Email, Problems) { return checkEmailField(raw, "email") }

func checkEmailField(raw, field string) (Email, Problems) {
	if strings.TrimSpace(raw) == "" {
		return Email{}, Problems{problem(CodeRequired, field, "Enter an email address.")}
	}
	email, err := ParseEmail(raw)
	if err != nil {
		return Email{}, Problems{problem(CodeEmailInvalid, field, err.Error())}
	}
	return email, nil
}

// checkName returns the name without the spaces around it, or what is wrong with it.
func checkName(raw string) (string, Problems) {
	name := strings.TrimSpace(raw)
	if utf8.RuneCountInString(name) > nameMaxLength {
		return "", Problems{problem(CodeNameInvalid, "name", fmt.Sprintf("A name has at most %d characters.", nameMaxLength))}
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", Problems{problem(CodeNameInvalid, "name", "A name has no control characters.")}
	}
	return name, nil
}

func (s *Service) signUp(ctx context.Context, a applicant, hash secret.Text) (*Registration, error) {
	now := s.now()
	signUp := &SignUp{
		ID:           newID(),
		Email:        a.email,
		Name:         a.name,
		PasswordHash: hash,
		CreatedAt:    now,
		ExpiresAt:    now.Add(signUpLifetime),
	}
	err := s.store.InTx(ctx, func(tx Store) error {
		if err := tx.CreateSignUp(ctx, signUp); err != nil {
			return err
		}
		return owe(ctx, tx, OutboxItem{Errand: ErrandSignUp, SignUpID: signUp.ID}, now)
	})
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	s.mailer.Wake()
	return &Registration{}, nil
}

func (s *Service) signUpAtOnce(ctx context.Context, a applicant, hash secret.Text) (*Registration, error) {
	now := s.now()
	user := newUser(a.email, a.name, now)
	user.PasswordHash = hash
	user.LastLoginAt = now

	var grant *Grant
	err := s.store.InTx(ctx, func(tx Store) error {
		if err := createUser(ctx, tx, user); err != nil {
			return err
		}
		if s.config.EmailVerification == VerificationOptional {
			if err := owe(ctx, tx, OutboxItem{Errand: ErrandConfirmation, EmailKey: user.Email.Key}, now); err != nil {
				return err
			}
		}
		var err error
		grant, err = s.begin(ctx, tx, user, now)
		return err
	})
	if errors.Is(err, ErrEmailTaken) {
		return nil, Problems{problem(CodeEmailTaken, "email", "There is an account with this address. Log in, or reset its password.")}
	}
	if err != nil {
		return nil, fmt.Errorf("register: %w", err)
	}
	s.mailer.Wake()
	return &Registration{Grant: grant}, nil
}

func newUser(email Email, name string, now time.Time) *User {
	return &User{ID: newID(), Email: email, Name: name, Role: RoleUser, CreatedAt: now, UpdatedAt: now}
}

// newID returns an id that sorts by time (UUIDv7).
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }
