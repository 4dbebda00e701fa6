package profile

// In the package, for what is beneath the methods of Schema.

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzMergePatch changes one JSON by another (RFC 7396). Doing it twice is doing it once, no null comes
// into an object by it, and neither of the two is changed.
func FuzzMergePatch(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a": {"b": 1}}`, `{"a": {"b": null, "c": [null]}}`},
		{`{}`, `{"a": {"b": {"c": null}}}`},
		{`[1]`, `{"a": 1}`},
		{`{"a": [1]}`, `{"a": {"0": null}}`},
		{`null`, `{"a": null}`},
		{`{"a": 1e400}`, `{}`},
		{`{"": 1}`, `{"": null}`},
		{`{"a": 1, "a": 2}`, `{"a": {}}`},
	} {
		f.Add([]byte(seed[0]), []byte(seed[1]))
	}
	f.Fuzz(func(t *testing.T, target, patch []byte) {
		var before, after, change any
		if json.Unmarshal(target, &before) != nil || json.Unmarshal(target, &after) != nil || hasNullField(before) {
			return
		}
		parsed, err := ParsePatch(patch)
		if err != nil {
			return
		}
		if change, err = ParsePatch(patch); err != nil {
			t.Fatal("got an error from reading the patch a second time, want none")
		}
		once := mergePatch(before, parsed)
		if diff := cmp.Diff(once, mergePatch(once, parsed)); diff != "" {
			t.Errorf("twice is not once:\n%s", diff)
		}
		if hasNullField(once) {
			t.Error("got a null in an object, want none")
		}
		if diff := cmp.Diff(after, before); diff != "" {
			t.Errorf("what was to be changed was changed itself:\n%s", diff)
		}
		if diff := cmp.Diff(change, any(parsed)); diff != "" {
			t.Errorf("the change was changed:\n%s", diff)
		}
	})
}

// hasNullField reports whether an object in the value has null as a field, not looking into lists, which
// a patch replaces whole.
func hasNullField(value any) bool {
	object, _ := value.(map[string]any)
	for _, field := range object {
		if field == nil || hasNullField(field) {
			return true
		}
	}
	return false
}

// FuzzProfile takes any JSON as a profile. What is accepted can be stored, is within its bounds, and is
// read back as the same text.
func FuzzProfile(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a": 1}`, `{"a": 9007199254740993}`, `{"a": 1e308}`, `{"a": -0}`, `{"a": 0.1}`, `{"a": "<\u2028\u0000"}`, `{"a": "\ud800"}`, `{"\u0000": 1}`, `{"a": [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}`,
		`{"a": null, "b": {"c": null}}`, `{"a": 18446744073709551615}`, `[]`, `{"a": 1} {}`, `{"a": 1, "a": {"b": 2}}`,
	} {
		f.Add([]byte(seed))
	}
	var none *Schema
	f.Fuzz(func(t *testing.T, text []byte) {
		given, err := ParsePatch(text)
		if err != nil {
			return
		}
		if CheckPatch(given) != nil {
			return
		}
		profile, _, faults := encode(mergePatch(nil, given))
		if faults != nil {
			return
		}
		if len(profile) > maxSize || !utf8.ValidString(string(profile)) {
			t.Fatalf("a profile of %d bytes cannot be stored", len(profile))
		}
		object, err := profile.Object()
		if err != nil {
			t.Fatalf("what was accepted cannot be read: %v", err)
		}
		if hasNUL(object) {
			t.Error("got a NUL, want none")
		}
		if again, _, faults := encode(object); faults != nil || again != profile {
			t.Errorf("read and written again it is another text: %d bytes, then %d", len(profile), len(again))
		}
		if _, faults := none.New(given); len(given) > 0 && len(object) > 0 && faults == nil {
			t.Error("got a field accepted where there are none, want a refusal")
		}
	})
}

// hasNUL reports whether a text in the value, or the name of a field, has the character NUL.
func hasNUL(value any) bool {
	switch value := value.(type) {
	case string:
		return strings.ContainsRune(value, 0)
	case []any:
		return slices.ContainsFunc(value, hasNUL)
	case map[string]any:
		for name, field := range value {
			if hasNUL(name) || hasNUL(field) {
				return true
			}
		}
	}
	return false
}
