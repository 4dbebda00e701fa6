package auth_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// propertyTries is how often a property is tried unless the command line says.
var propertyTries = "100"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", propertyTries); err != nil {
		panic(err)
	}
	os.Exit(pgtest.Main(m))
}

// All passwords of the tests have one word in them, by which a leak is found.
const (
	marker = "Zanzibar"

	adasPassword  secret.Text = marker + " of Ada 1815"
	newPassword   secret.Text = marker + " anew 2718"
	evesPassword  secret.Text = marker + " by Eve 666"
	wrongPassword secret.Text = marker + " or not 0"
	shortPassword secret.Text = "Zan"
)

const (
	ada    = "ada@lovelace.example"
	nobody = "nobody@nowhere.example"
)

// onEach runs a test on a new store of each kind.
func onEach(t *testing.T, run func(t *testing.T, store auth.Store)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); run(t, authtest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { t.Parallel(); run(t, authtest.Postgres(t)) })
}

// mandatory returns a world of its own, as a deployment is unless it is told otherwise.
func mandatory(t *testing.T) *authtest.World {
	t.Helper()
	return authtest.New(t, authtest.SQLite(t), authtest.Mandatory)
}

// optional returns a world of its own in which a sign-up is a user at once.
func optional(t *testing.T) *authtest.World {
	t.Helper()
	return authtest.New(t, authtest.SQLite(t), authtest.Optional)
}

// limits returns the limits that an operator would get by these words.
func limits(t *testing.T, words string) auth.Limits {
	t.Helper()
	limits, problems := auth.ParseLimits(words)
	if len(problems) > 0 {
		t.Fatalf("limits %q: %v", words, problems)
	}
	return limits
}

// must fails the test if there is an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// secrets is what no error may hold: passwords, tokens, hashes and codes.
var secrets = regexp.MustCompile(marker + `|lk_[a-z]{3}_\w{8}|\$argon2|[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}|\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b|otpauth:`)

// discreet fails the test if the error tells a secret, in any form in which it may be printed.
func discreet(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if secrets.MatchString(text) {
			t.Error("an error tells a secret")
		}
	}
}

// refused fails the test unless err is problems with these codes, in this order.
func refused(t *testing.T, err error, codes ...auth.ProblemCode) {
	t.Helper()
	if err == nil {
		t.Fatalf("there is no error, want %v", codes)
	}
	discreet(t, err)
	if got := authtest.Codes(t, err); !slices.Equal(got, codes) {
		t.Errorf("the problems are %v, want %v", got, codes)
	}
}

// asProblems returns the problems in err; one that has none ends the test.
func asProblems(t *testing.T, err error) auth.Problems {
	t.Helper()
	var problems auth.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the error is %v, want problems", err)
	}
	discreet(t, err)
	return problems
}

// failed fails the test unless err is an auth.Error of the kind, which it returns.
func failed(t *testing.T, err error, kind auth.Kind) auth.Error {
	t.Helper()
	var fault *auth.Error
	if !errors.As(err, &fault) || fault.Kind != kind {
		t.Fatalf("the error is %v, want one of kind %d", err, kind)
	}
	discreet(t, err)
	return *fault
}

// logsIn reports whether one can log in.
func logsIn(t *testing.T, w *authtest.World, email string, password secret.Text) bool {
	t.Helper()
	_, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: password})
	if err != nil {
		refused(t, err, auth.InvalidCredentials)
	}
	return err == nil
}

// lives reports whether the token opens a session.
func lives(t *testing.T, w *authtest.World, token secret.Text) bool {
	t.Helper()
	_, err := w.Authenticate(t.Context(), token)
	if err != nil {
		failed(t, err, auth.Unauthenticated)
	}
	return err == nil
}

// signUp registers an address and returns what came of it.
func signUp(t *testing.T, w *authtest.World, email string, password secret.Text) *auth.Registration {
	t.Helper()
	registration, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: password})
	must(t, err)
	return registration
}

// confirmLink registers an address and returns the token that is mailed to it.
func confirmLink(t *testing.T, w *authtest.World, email string, password secret.Text) secret.Text {
	t.Helper()
	signUp(t, w, email, password)
	return w.Letter(t, auth.LetterConfirm).Token
}

// resetLink asks for a reset and returns the token that is mailed.
func resetLink(t *testing.T, w *authtest.World, email string) secret.Text {
	t.Helper()
	must(t, w.RequestPasswordReset(t.Context(), email, ""))
	return w.Letter(t, auth.LetterReset).Token
}

// reload returns the user as the store has it.
func reload(t *testing.T, w *authtest.World, email string) *auth.User {
	t.Helper()
	user, err := w.Store.UserByEmail(t.Context(), email)
	must(t, err)
	return user
}

// users returns how many users there are.
func users(t *testing.T, w *authtest.World) int {
	t.Helper()
	count := 0
	must(t, w.EachAccount(t.Context(), func(*auth.User) error { count++; return nil }))
	return count
}

// signUps returns how many sign-ups wait.
func signUps(t *testing.T, w *authtest.World) int {
	t.Helper()
	count := 0
	must(t, w.EachSignUp(t.Context(), func(*auth.SignUp) error { count++; return nil }))
	return count
}

// atOnce calls fn n times in parallel and returns the errors, nil ones included.
func atOnce(n int, fn func(i int) error) []error {
	var (
		errs  = make([]error, n)
		start = make(chan struct{})
		done  sync.WaitGroup
	)
	for i := range n {
		done.Add(1)
		go func() {
			defer done.Done()
			<-start
			errs[i] = fn(i)
		}()
	}
	close(start)
	done.Wait()
	return errs
}

// oneWins fails the test unless one of the errors is nil and all others are a problem with the code.
func oneWins(t *testing.T, errs []error, code auth.ProblemCode) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		refused(t, err, code)
	}
	if won != 1 {
		t.Errorf("%d of %d succeeded, want one", won, len(errs))
	}
}
