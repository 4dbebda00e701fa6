package auth

import (
	"context"
	"slices"
)

var actProfileUpdated = newAct("profile_updated", "A profile was changed, by its user or by an operator.")

// UpdateProfileInput is what a user says of themselves. What is nil stays as it is.
type UpdateProfileInput struct {
	Name    *string         // empty: none any more
	Profile *map[string]any // merged into the profile as RFC 7396 says; a nil map takes every field away
}

// UpdateProfile changes the name and the profile of the caller. Problems: NAME_INVALID, and
// PROFILE_INVALID for each fault of the profile that comes of it, all at once, also for each field that
// only an operator sets if it would be added, changed or taken away; but not for a fault that
// was there before in a field that the input does not name: a schema that has grown stricter keeps
// nobody from changing the rest. Errors: Unauthenticated if the account is gone meanwhile.
func (s *Service) UpdateProfile(ctx context.Context, caller *Caller, in UpdateProfileInput) (*User, error) {
	var name string
	var problems Problems
	if in.Name != nil {
		name, problems = checkName(*in.Name)
	}
	if in.Profile != nil {
		problems = append(problems, checkProfileInput(*in.Profile)...)
	}

	return s.amendCaller(ctx, "update profile", caller, func(tx *tx, user *User) error {
		changed := *user
		if in.Name != nil {
			changed.Name = name
		}
		found := problems
		if in.Profile != nil && checkable(problems) {
			var more Problems
			var err error
			if changed.Profile, more, err = mergeProfile(user.Profile, *in.Profile, s.config.Profile.Check); err != nil {
				return err
			}
			found = slices.Concat(problems, more)
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

// mergeProfile returns the profile changed as the patch says, or what is wrong with that by the check.
func mergeProfile(profile Profile, patch map[string]any, check func(before, after map[string]any) []ProfileFault) (Profile, Problems, error) {
	before, err := profile.object()
	if err != nil {
		return "", nil, err
	}
	if patch == nil {
		patch = map[string]any{}
		for name := range before {
			patch[name] = nil
		}
	}
	merged, after, problems := newProfile(mergePatch(before, patch))
	if problems != nil {
		return "", problems, nil
	}

	old := check(before, before)
	faults := slices.DeleteFunc(check(before, after), func(fault ProfileFault) bool {
		return !touches(patch, fault.Path) && slices.ContainsFunc(old, fault.equal)
	})
	return merged, profileProblems(faults), nil
}

// equal reports whether it is the same fault.
func (f ProfileFault) equal(other ProfileFault) bool {
	return f.Message == other.Message && slices.Equal(f.Path, other.Path)
}

// touches reports whether the patch sets what is at the path, or something around it.
func touches(patch any, path []string) bool {
	object, isObject := patch.(map[string]any)
	if !isObject {
		return true
	}
	if len(path) == 0 {
		return false
	}
	change, named := object[path[0]]
	return named && touches(change, path[1:])
}
