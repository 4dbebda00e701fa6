package auth

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Kind says whose fault an error is and what the caller is told. The zero value is Internal, so
// that an error that was not classified stays private.
type Kind int

// The kinds of errors that reach a border of the program.
const (
	Internal             Kind = iota // a fault of ours, or of what we depend on; masked
	Unauthenticated                  // no session, or one that has ended
	Forbidden                        // a session whose user may not do this
	EmailNotConfirmed                // a session whose user must confirm the address first
	NotFresh                         // a session in which a credential was last proved too long ago
	RateLimited                      // too many at once; RetryAfter says when to come back
	BadInput                         // a request that no form of ours could have sent
	SecondFactorRequired             // a session whose user needs a second factor that was not proved in it
)

// Error is a fault of the request as a whole. What a user can mend in a form is a Problem instead.
type Error struct {
	Kind       Kind
	Message    string        // for the caller: what happened and what to do; never a secret
	RetryAfter time.Duration // for RateLimited
	Enrolled   bool          // for SecondFactorRequired: whether the user has a second factor to prove
}

func (e *Error) Error() string { return e.Message }

// Absence, which is never an outage: a store that cannot answer returns something else.
var (
	// ErrNotFound is returned by a Store for a row that is not there.
	ErrNotFound = errors.New("not found")
	// ErrEmailTaken is returned by a Store for an address that another user has, or may get back.
	ErrEmailTaken = errors.New("email taken")
	// ErrUsernameTaken is returned by a Store for a username that another user holds.
	ErrUsernameTaken = errors.New("username taken")
	// ErrAPIClientTaken is returned by a Store for the name of another backend.
	ErrAPIClientTaken = errors.New("name of a client taken")
)

// ErrNotLoggedIn is what a field that needs a session answers a caller who sent no token.
var ErrNotLoggedIn = &Error{Kind: Unauthenticated, Message: "This needs a session: send the access token of a login as `Authorization: Bearer <token>`."}

// ProblemCode names a Problem for programs, one for one with UserErrorCode of the schema.
type ProblemCode string

// The codes of problems that a user can mend.
const (
	Required              ProblemCode = "REQUIRED"
	InvalidName           ProblemCode = "NAME_INVALID"
	ConfirmationMismatch  ProblemCode = "CONFIRMATION_MISMATCH"
	InvalidEmail          ProblemCode = "EMAIL_INVALID"
	EmailTaken            ProblemCode = "EMAIL_TAKEN"
	InvalidUsername       ProblemCode = "USERNAME_INVALID"
	UsernameTaken         ProblemCode = "USERNAME_TAKEN"
	UsernameReserved      ProblemCode = "USERNAME_RESERVED"
	PasswordTooShort      ProblemCode = "PASSWORD_TOO_SHORT"
	PasswordTooLong       ProblemCode = "PASSWORD_TOO_LONG"
	PasswordTooCommon     ProblemCode = "PASSWORD_TOO_COMMON"
	PasswordTooSimilar    ProblemCode = "PASSWORD_TOO_SIMILAR"
	IncorrectPassword     ProblemCode = "PASSWORD_INCORRECT"
	InvalidCredentials    ProblemCode = "INVALID_CREDENTIALS" //nolint:gosec // the name of a problem
	AccountDisabled       ProblemCode = "ACCOUNT_DISABLED"
	InvalidToken          ProblemCode = "TOKEN_INVALID"
	InvalidCode           ProblemCode = "CODE_INVALID"
	InvalidRefreshToken   ProblemCode = "REFRESH_TOKEN_INVALID"
	RegistrationNotOpen   ProblemCode = "REGISTRATION_CLOSED"
	InvalidProfile        ProblemCode = "PROFILE_INVALID"
	RedirectURLNotAllowed ProblemCode = "REDIRECT_URL_NOT_ALLOWED"
	NotFound              ProblemCode = "NOT_FOUND"
	SecondFactorNeeded    ProblemCode = "SECOND_FACTOR_NEEDED"
	PasskeyInvalid        ProblemCode = "PASSKEY_INVALID"
	LastCredential        ProblemCode = "LAST_CREDENTIAL" //nolint:gosec // the name of a problem
	IdentityTaken         ProblemCode = "IDENTITY_TAKEN"
	ProviderUnknown       ProblemCode = "PROVIDER_UNKNOWN"
	ProviderFailed        ProblemCode = "PROVIDER_FAILED"
	TooMany               ProblemCode = "TOO_MANY"
	LastAdmin             ProblemCode = "LAST_ADMIN"
	InvalidReason         ProblemCode = "REASON_INVALID"
	EmailMismatch         ProblemCode = "EMAIL_MISMATCH"
)

// Problem is one thing about an input that its sender can mend.
type Problem struct {
	Code    ProblemCode
	Message string   // in English; what is wrong and what to do
	Path    []string // where in the input, e.g. ["input", "password"]; nil when it is no single field
	// Args are the numbers and names in the message, for a translation of it; nil if it has none.
	Args map[string]any
}

// with puts each of the args into the message, in place of its name in braces.
func (p Problem) with(args map[string]any) Problem {
	p.Args = args
	for name, value := range args {
		p.Message = strings.ReplaceAll(p.Message, "{"+name+"}", fmt.Sprint(value))
	}
	return p
}

// Problems is the error that carries every problem of an input at once. It is never empty.
type Problems []Problem

func (p Problems) Error() string {
	messages := make([]string, len(p))
	for i, problem := range p {
		messages[i] = problem.Message
		if len(problem.Path) > 0 {
			messages[i] = strings.Join(problem.Path, ".") + ": " + problem.Message
		}
	}
	return strings.Join(messages, "; ")
}

// problem makes a problem of the field of the input that is named, or of none for "".
func problem(code ProblemCode, field, message string) Problem {
	p := Problem{Code: code, Message: message}
	if field != "" {
		p.Path = []string{"input", field}
	}
	return p
}

// err returns p as an error, and nil when there is no problem.
func (p Problems) err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// busy translates a refusal of the password hasher.
func busy(err error, what string) error {
	if errors.Is(err, secret.ErrBusy) {
		return &Error{
			Kind:       RateLimited,
			Message:    "Too many passwords are being checked at this moment. Try again in a few seconds.",
			RetryAfter: secret.BusyRetryAfter,
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}
