package auth

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

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
	text  secret.Text   // as it is hashed now
	forms []secret.Text // what is compared, each once: as it was typed, as releases before this one hashed it, and text
}

// presentedPassword returns a password as it is to be compared with a hash, or the problem that it has
// for the field. See password.Normalize: the answer tells nothing of any account.
func presentedPassword(raw secret.Text, field string) (presented, Problems) {
	normal, fault := password.Normalize(raw)
	if fault != "" {
		return presented{}, Problems{passwordProblem(fault, field, 0)}
	}
	p := presented{text: normal}
	for _, form := range []secret.Text{raw, password.Former(raw), normal} { // other programs hashed what was typed
		if form != "" && !slices.Contains(p.forms, form) {
			p.forms = append(p.forms, form)
		}
	}
	return p, nil
}

// compare reports whether a password is that of the hash, and whether the hash is to be replaced: it is outdated, or
// was made from another form than new ones are. How many comparisons it makes depends on what was typed alone: one for each
// form, also if there is no hash or the first one matches. Each does the work of the decoy besides, if there is one.
// Errors are those of Hasher.Verify.
func (s *Service) compare(ctx context.Context, hash, decoy secret.Text, p presented) (match, outdated bool, err error) {
	for _, form := range p.forms {
		if decoy != "" {
			if err := s.hasher.Spend(ctx, decoy, form); err != nil {
				return false, false, err
			}
		}
		matches, old, err := s.hasher.Verify(ctx, hash, form)
		if err != nil && decoy != "" { // there is no hash: what Verify says of one whose comparison is done
			err = fmt.Errorf("%w, and then: %w", secret.ErrMismatch, err)
		}
		if err != nil {
			return false, false, err
		}
		match, outdated = match || matches, outdated || matches && (old || form != p.text)
	}
	return match, outdated, nil
}

// comparable returns the hash of a password, or none if it cannot be compared: whoever has it has no password then, and
// an operator is told.
func (s *Service) comparable(ctx context.Context, id uuid.UUID, hash secret.Text) secret.Text {
	if s.hasher.Readable(hash) {
		return hash
	}
	if s.config.HashUnreadable != nil {
		s.config.HashUnreadable(ctx, id)
	}
	return ""
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
