package auth

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

var actProfileUpdated = newAct("profile_updated", "A profile was changed, by its user, an operator or an administrator.")

// limitUpdateProfile bounds what changes write down.
var limitUpdateProfile = newLimit("update_profile", "Changes of the profile by its user, also those that were refused.", perAccount(30, time.Minute))

// UpdateProfileInput is what a user says of themselves. What is nil stays as it is.
type UpdateProfileInput struct {
	Name    *string         // empty: none any more
	Profile *map[string]any // merged into the profile as RFC 7396 says; a nil map takes every field away
}

// UpdateProfile changes the name and the profile of the caller. Problems: NAME_INVALID, and
// PROFILE_INVALID for each fault of the profile that comes of it, all at once, also for each field that
// only an operator sets if it would be added, changed or taken away, and for each that is for the sign-up only,
// unless the confirmation of the address has dropped it; but not for a fault that
// was there before in a field that the input does not name: a schema that has grown stricter keeps
// nobody from changing the rest. Errors: Unauthenticated if the account is gone meanwhile, RateLimited when this was
// done too often.
func (s *Service) UpdateProfile(ctx context.Context, caller *Caller, in UpdateProfileInput) (*User, error) {
	var name string
	var problems Problems
	if in.Name != nil {
		name, problems = checkName(*in.Name)
	}
	if in.Profile != nil {
		problems = append(problems, profileProblems(profile.CheckPatch(*in.Profile))...)
	}

	if err := s.limit(ctx, limitUpdateProfile, "", limitedUser(caller.User.ID)); err != nil {
		return nil, fmt.Errorf("update profile: %w", err)
	}
	return s.amendCaller(ctx, "update profile", caller, func(tx *tx, user *User) error {
		changed := *user
		if in.Name != nil {
			changed.Name = name
		}
		found := problems
		if in.Profile != nil && checkable(problems) {
			var faults []profile.Fault
			var err error
			change := s.config.Profile.Change
			if user.ProfileDropped {
				change = s.config.Profile.ChangeAfterLoss
			}
			if changed.Profile, faults, err = change(user.Profile, *in.Profile); err != nil {
				return err
			}
			found = slices.Concat(problems, profileProblems(faults))
		}
		if err := found.err(); err != nil {
			return err
		}
		if changed == *user {
			return errUnchanged
		}
		*user = changed
		return tx.audit(ctx, actProfileUpdated, user.ID, caller.Session.ID)
	})
}

// checkable reports whether no problem is one of the profile, so that a schema can be asked about it.
func checkable(problems Problems) bool {
	return !slices.ContainsFunc(problems, func(p Problem) bool { return p.Code == InvalidProfile })
}

// checkNewProfile returns the profile of a sign-up, or everything that is wrong with it.
func (s *Service) checkNewProfile(given map[string]any) (profile.Profile, Problems) {
	checked, faults := s.config.Profile.New(given)
	return checked, profileProblems(faults)
}

// profileProblems makes problems of faults.
func profileProblems(faults []profile.Fault) Problems {
	var problems Problems
	for _, fault := range faults {
		p := profileProblem(fault.Path, fault.Message)
		p.Args = fault.Args
		problems = append(problems, p)
	}
	return problems
}

// profileProblem is a problem at a path within the profile.
func profileProblem(path []string, message string) Problem {
	return Problem{Code: InvalidProfile, Message: message, Path: append([]string{"input", "profile"}, path...)}
}
