package auth

import (
	"github.com/latchkey-auth/latchkey/internal/password"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// acceptPassword returns a new password as it is to be hashed, or every problem that it has for the field.
// See password.Choose.
func acceptPassword(least int, raw secret.Text, field string, about ...string) (secret.Text, Problems) {
	accepted, faults := password.Choose(least, raw, about...)
	var problems Problems
	for _, fault := range faults {
		problems = append(problems, passwordProblem(fault, field, least))
	}
	return accepted, problems
}

// presentedPassword returns a password as it is to be compared with a hash, or the problem that it has
// for the field. See password.Normalize: the answer tells nothing of any account.
func presentedPassword(raw secret.Text, field string) (secret.Text, Problems) {
	presented, fault := password.Normalize(raw)
	if fault != "" {
		return "", Problems{passwordProblem(fault, field, 0)}
	}
	return presented, nil
}

// passwordProblem tells the user what is wrong with a password. For what is no text the code is
// REQUIRED: there was no password in the field.
func passwordProblem(fault password.Fault, field string, least int) Problem {
	switch fault {
	case password.Missing:
		return problem(Required, field, "Enter a password.")
	case password.NotText:
		return problem(Required, field, "Enter a password of characters in UTF-8, without NUL.")
	case password.TooLong:
		return problem(PasswordTooLong, field, "Use at most {max} characters.").with(map[string]any{"max": password.MaxLength})
	case password.TooShort:
		return problem(PasswordTooShort, field, "Use at least {min} characters.").with(map[string]any{"min": least})
	case password.TooCommon:
		return problem(PasswordTooCommon, field, "This password is one of the first that anybody would try. Use another.")
	case password.TooSimilar:
		return problem(PasswordTooSimilar, field, "This password is too much like your email address, username or name. Use another.")
	}
	return Problem{}
}
