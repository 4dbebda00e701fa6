package auth

// ProfileSchema is what an operator says of the profiles of users. Package profile makes one of a
// JSON Schema; without one, profiles are empty.
//
// Profiles are given to it as encoding/json decodes them with numbers left as json.Number.
type ProfileSchema interface {
	// Check returns everything that after has against it, always in the same order, when it comes
	// from a user: where it breaks the schema, and where it changes what a user may not change.
	// Before is the profile as it was, and nil at sign-up, when everything may be set but what
	// only an operator sets.
	Check(before, after map[string]any) []ProfileFault
	// CheckAsOperator returns where a profile breaks the schema, always in the same order. An
	// operator may change everything.
	CheckAsOperator(profile map[string]any) []ProfileFault
	// SetByOperator reports whether the schema declares a field at this path, by the names that lead
	// to it, and no user can write any of it.
	SetByOperator(path ...string) bool
	// Document returns the schema itself, for frontends. It is not to be changed.
	Document() map[string]any
}

// ProfileFault is one thing that a profile has against it.
type ProfileFault struct {
	Path    []string // within the profile; items of a list by their index; empty: the profile as a whole
	Message string   // for the user: the rule, never a value that was given
	// Args are the numbers and words of the schema in the message, for a translation of it; nil if it has none.
	Args map[string]any
}

// noProfileFields is the schema where an operator has declared none.
type noProfileFields struct{}

func (noProfileFields) Check(_, after map[string]any) []ProfileFault {
	var faults []ProfileFault
	for _, name := range sortedKeys(after) {
		faults = append(faults, ProfileFault{Path: []string{name}, Message: "There is no such field."})
	}
	return faults
}

func (n noProfileFields) CheckAsOperator(profile map[string]any) []ProfileFault {
	return n.Check(nil, profile)
}

func (noProfileFields) SetByOperator(...string) bool { return false }

func (noProfileFields) Document() map[string]any {
	return map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false}
}
