// Package profile is what users have beside a name: a JSON object, which the operator declares by a JSON
// Schema. It reads and checks both, and merges changes. It is the only package that knows how JSON Schema
// works, and it knows nothing of users: it reports faults, and auth makes problems of them.
//
// The dialect is draft 2020-12. Formats are checked, patterns are those of Go's package regexp, whose
// time grows with the length of a text only, and a $ref stays within the file: nothing is ever
// fetched.
package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// Bounds of a profile.
const (
	maxSize   = 16 << 10 // bytes of JSON
	maxDepth  = 16       // levels, the profile itself being the first
	maxFaults = 50       // that are reported of one profile: a small input must not cause a large answer
)

// Profile is a JSON object as text, in the form in which encoding/json writes it: the same object is
// always the same text. A Schema says what may be in it.
type Profile string

// Empty is the profile of a user who has given nothing.
const Empty Profile = "{}"

// Fault is one thing that a profile has against it.
type Fault struct {
	Path    []string // within the profile; items of a list by their index; empty: the profile as a whole
	Message string   // for the user: the rule, never a value that was given
	// Args are the numbers and words of the rule in the message, for a translation of it; nil if it has none.
	Args map[string]any
}

var errTooLarge = faultWith("A profile has at most {maxKB} KB.", "maxKB", maxSize>>10)

// Object returns the profile as a Schema takes it, with numbers left as json.Number.
func (p Profile) Object() (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(p)))
	decoder.UseNumber()
	object := map[string]any{}
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return object, nil
}

// encode returns the object as a profile, and as a Schema takes it, if it is not too long.
func encode(object any) (Profile, map[string]any, []Fault) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return "", nil, []Fault{{Message: "This is no JSON."}}
	}
	profile := Profile(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	if len(profile) > maxSize {
		return "", nil, []Fault{errTooLarge}
	}
	decoded, err := profile.Object()
	if err != nil {
		return "", nil, []Fault{{Message: "This is no JSON object."}}
	}
	return profile, decoded, nil
}

// bounded returns the first faults, so many as are reported.
func bounded(faults []Fault) []Fault { return faults[:min(len(faults), maxFaults)] }
