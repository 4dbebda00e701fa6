package auth

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// SetProfile merges the patch, as profile.ParsePatch returns it, into the profile of the user (RFC
// 7396), on the word of an operator: also what only operators set, and what users can set at sign-up
// only. Problems: PROFILE_INVALID for each fault, as in UpdateProfile, and for claims that would be
// too large for a token. ErrNotFound if there is no such user.
func (s *Service) SetProfile(ctx context.Context, actor Actor, address string, patch map[string]any) (*User, error) {
	if err := profileProblems(profile.CheckPatch(patch)).err(); err != nil {
		return nil, err
	}
	if patch == nil {
		patch = map[string]any{}
	}
	return s.amendAccount(ctx, "set profile", actor, address, actProfileUpdated, func(_ *tx, user *User) error {
		merged, faults, err := s.config.Profile.ChangeAsOperator(user.Profile, patch)
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
