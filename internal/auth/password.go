package auth

import (
	"context"

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

// presented is a password that was typed, in every form that a hash of it may have been made from.
type presented struct {
	text   secret.Text // as it is hashed now
	former secret.Text // as releases before this one hashed it; "": the same
}

// presentedPassword returns a password as it is to be compared with a hash, or the problem that it has
// for the field. See password.Normalize: the answer tells nothing of any account.
func presentedPassword(raw secret.Text, field string) (presented, Problems) {
	normal, fault := password.Normalize(raw)
	if fault != "" {
		return presented{}, Problems{passwordProblem(fault, field, 0)}
	}
	return presented{text: normal, former: password.Former(raw)}, nil
}

// compare reports whether a password is that of the hash, and whether the hash is to be replaced: it is outdated, or
// was made from the former form. How many comparisons it makes depends on what was typed alone: where there is a former
// form, two, also if there is no hash or the first one matches. Errors are those of Hasher.Verify.
func (s *Service) compare(ctx context.Context, hash secret.Text, p presented) (match, outdated bool, err error) {
	match, outdated, err = s.hasher.Verify(ctx, hash, p.text)
	if err != nil || p.former == "" {
		return match, outdated, err
	}
	if match {
		hash = "" // the same work, for nothing
	}
	former, _, err := s.hasher.Verify(ctx, hash, p.former)
	return match || former, outdated || former, err
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
