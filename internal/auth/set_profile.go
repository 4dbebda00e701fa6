package auth

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// SetProfile changes the name and merges the patch, as profile.ParsePatch returns it, into the profile of the user with an
// address or an id (RFC 7396), on the word of an operator: also what only operators set, and what users can set at sign-up
// only. Problems: NAME_INVALID, PROFILE_INVALID for each fault, as in UpdateProfile, and for claims that would be
// too large for a token. Errors as SetRole.
func (s *Service) SetProfile(ctx context.Context, actor Actor, name string, in UpdateProfileInput) (*User, error) {
	var called string
	var problems Problems
	if in.Name != nil {
		called, problems = checkName(*in.Name)
	}
	if in.Profile != nil {
		problems = append(problems, profileProblems(profile.CheckPatch(*in.Profile))...)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	return s.amendAccount(ctx, "set profile", actor, name, actProfileUpdated, func(_ *tx, user *User) error {
		if in.Name != nil {
			user.Name = called
		}
		if in.Profile == nil {
			return nil
		}
		merged, faults, err := s.config.Profile.ChangeAsOperator(user.Profile, *in.Profile)
		if err != nil {
			return err
		}
		problems := profileProblems(faults)
		if problems == nil {
			problems = s.config.Claims.checkChange(user.Profile, merged)
		}
		user.Profile = merged
		return problems.err()
	})
}
