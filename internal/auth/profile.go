package auth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a profile.
const (
	profileMaxSize     = 16 << 10 // bytes of JSON
	profileMaxDepth    = 16       // levels, the profile itself being the first
	profileMaxProblems = 50       // that are told of one profile: a small input must not ask for a large answer
)

// Profile is what a user has beside a name, a JSON object as text, in the form in which encoding/json
// writes it: the same object is always the same text. What may be in it, the ProfileSchema says.
type Profile string

var errProfileTooLarge = profileProblem(nil, "A profile has at most {maxKB} KB.").with(map[string]any{"maxKB": profileMaxSize >> 10})

// EmptyProfile is the profile of who has given nothing.
const EmptyProfile Profile = "{}"

// object returns the profile as a ProfileSchema takes it.
func (p Profile) object() (map[string]any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(p)))
	decoder.UseNumber()
	object := map[string]any{}
	if err := decoder.Decode(&object); err != nil {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	return object, nil
}

// checkNewProfile returns the profile of a sign-up, or everything that is wrong with it. It is merged
// into an empty one as any later change is, so that null means here too that a field is not there.
func (s *Service) checkNewProfile(given map[string]any) (Profile, Problems) {
	if problems := checkProfileInput(given); problems != nil {
		return "", problems
	}
	profile, object, problems := newProfile(mergePatch(nil, given))
	if problems != nil {
		return "", problems
	}
	return profile, profileProblems(s.config.Profile.Check(nil, object))
}

// newProfile returns the object as a profile, and as a ProfileSchema takes it, if it is not too long.
func newProfile(object any) (Profile, map[string]any, Problems) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return "", nil, Problems{profileProblem(nil, "This is no JSON.")}
	}
	profile := Profile(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	if len(profile) > profileMaxSize {
		return "", nil, Problems{errProfileTooLarge}
	}
	decoded, err := profile.object()
	if err != nil {
		return "", nil, Problems{profileProblem(nil, "This is no JSON object.")}
	}
	return profile, decoded, nil
}

// checkProfileInput returns what no profile can hold, whatever its schema: too many levels, texts
// that no database keeps, and what JSON does not have.
func checkProfileInput(object map[string]any) Problems {
	var problems Problems
	values := 0
	var check func(value any, path []string)
	check = func(value any, path []string) {
		within := func(name string) []string { return append(path[:len(path):len(path)], name) }
		if len(problems) == profileMaxProblems || values > profileMaxSize {
			return
		}
		if len(path) >= profileMaxDepth {
			problems = append(problems, profileProblem(nil, "A profile has at most {max} levels.").with(map[string]any{"max": profileMaxDepth}))
			return
		}

		switch value := value.(type) {
		case nil, bool, int64, int, float64:
		case string:
			if !isText(value) {
				problems = append(problems, profileProblem(path, "A text is valid UTF-8 without the character NUL."))
			}
		case []any:
			values += len(value)
			for i, item := range value {
				check(item, within(strconv.Itoa(i)))
			}
		case map[string]any:
			if values += len(value); values > profileMaxSize {
				return
			}
			for _, name := range sortedKeys(value) {
				if !isText(name) {
					problems = append(problems, profileProblem(path, "The name of a field is valid UTF-8 without the character NUL."))
					continue
				}
				check(value[name], within(name))
			}
		default:
			problems = append(problems, profileProblem(path, "This is no JSON."))
		}
	}
	check(object, nil)
	if values > profileMaxSize { // each is a byte at least, so the rest need not be read
		return Problems{errProfileTooLarge}
	}
	return problems
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// profileProblems makes problems of faults, at most 50.
func profileProblems(faults []ProfileFault) Problems {
	var problems Problems
	for _, fault := range faults[:min(len(faults), profileMaxProblems)] {
		p := profileProblem(fault.Path, fault.Message)
		p.Args = fault.Args
		problems = append(problems, p)
	}
	return problems
}

// profileProblem is one at a path within the profile.
func profileProblem(path []string, message string) Problem {
	return Problem{Code: InvalidProfile, Message: message, Path: append([]string{"input", "profile"}, path...)}
}

func sortedKeys(object map[string]any) []string { return slices.Sorted(maps.Keys(object)) }
