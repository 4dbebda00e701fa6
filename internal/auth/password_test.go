package auth

// In the package, because what it tests is: no caller outside can skip the rules for a password.

import (
	"slices"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/password"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestEveryFaultOfAPasswordIsAProblem(t *testing.T) {
	t.Parallel()
	want := map[password.Fault]ProblemCode{
		password.Missing: Required, password.NotText: Required, password.TooLong: PasswordTooLong,
		password.TooShort: PasswordTooShort, password.TooCommon: PasswordTooCommon, password.TooSimilar: PasswordTooSimilar,
	}
	for _, fault := range password.Faults {
		got := passwordProblem(fault, "newPassword", password.MinLength)
		if got.Code != want[fault] || got.Message == "" || !slices.Equal(got.Path, []string{"input", "newPassword"}) {
			t.Errorf("a password that is %s: got %s at %v (%q), want %s with a message", fault, got.Code, got.Path, got.Message, want[fault])
		}
	}
}

func TestAPasswordHasEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	given := secret.Text("superman")
	accepted, problems := acceptPassword(password.MinLength, given, "newPassword", "superman@example.org")
	if len(problems) != 2 || problems[0].Code != PasswordTooCommon || problems[1].Code != PasswordTooSimilar || accepted != "" {
		t.Errorf("got %v, want %s and %s, and no password", problems, PasswordTooCommon, PasswordTooSimilar)
	}
}
