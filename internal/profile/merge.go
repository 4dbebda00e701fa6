package profile

import (
	"maps"
	"slices"
)

// New returns the profile of a sign-up, or what is wrong with it. It is merged into an empty one as any
// later change is, so null means here too that a field is not there.
func (s *Schema) New(given map[string]any) (Profile, []Fault) {
	if faults := CheckPatch(given); faults != nil {
		return "", faults
	}
	profile, object, faults := encode(mergePatch(nil, given))
	if faults != nil {
		return "", faults
	}
	return profile, bounded(s.Check(nil, object))
}

// Change returns the profile as the patch changes it, or what is wrong with it if a user changes it. A nil
// patch deletes every field. A fault that was there before in a field that the patch does not name is
// not one: a schema that has become stricter does not keep users from changing the rest. The caller has
// checked the patch with CheckPatch. An error means that the profile before is no JSON object.
func (s *Schema) Change(before Profile, patch map[string]any) (Profile, []Fault, error) {
	return change(before, patch, s.Check)
}

// ChangeAfterLoss is Change for a user of whose sign-up the profile was dropped: what can be set at sign-up only
// can be set as long as no user has set it since.
func (s *Schema) ChangeAfterLoss(before Profile, patch map[string]any) (Profile, []Fault, error) {
	return change(before, patch, func(before, after map[string]any) []Fault { return s.check(before, after, afterLoss) })
}

// ChangeAsOperator is Change for an operator, who may change everything that fits the schema.
func (s *Schema) ChangeAsOperator(before Profile, patch map[string]any) (Profile, []Fault, error) {
	return change(before, patch, func(_, after map[string]any) []Fault { return s.CheckAsOperator(after) })
}

func change(profile Profile, patch map[string]any, check func(before, after map[string]any) []Fault) (Profile, []Fault, error) {
	before, err := profile.Object()
	if err != nil {
		return "", nil, err
	}
	if patch == nil {
		patch = map[string]any{}
		for name := range before {
			patch[name] = nil
		}
	}
	merged, after, faults := encode(mergePatch(before, patch))
	if faults != nil {
		return "", faults, nil
	}

	old := check(before, before)
	faults = slices.DeleteFunc(check(before, after), func(fault Fault) bool {
		return !touches(patch, fault.Path) && slices.ContainsFunc(old, func(o Fault) bool { return compare(fault, o) == 0 })
	})
	return merged, bounded(faults), nil
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

// mergePatch returns target changed as patch says (RFC 7396): an object changes the fields that it
// names, null takes a field away, and everything else takes the place of what was there. Neither
// argument is changed.
func mergePatch(target, patch any) any {
	changes, isObject := patch.(map[string]any)
	if !isObject {
		return patch
	}
	merged := map[string]any{}
	if object, ok := target.(map[string]any); ok {
		maps.Copy(merged, object)
	}
	for name, change := range changes {
		if change == nil {
			delete(merged, name)
		} else {
			merged[name] = mergePatch(merged[name], change)
		}
	}
	return merged
}
