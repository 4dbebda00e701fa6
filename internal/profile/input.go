package profile

import (
	"strconv"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// CheckPatch returns what no profile can hold, whatever its schema: too many levels, texts that no
// database keeps, and what JSON does not have.
func CheckPatch(patch map[string]any) []Fault {
	var faults []Fault
	values := 0
	var check func(value any, path []string)
	check = func(value any, path []string) {
		within := func(name string) []string { return append(path[:len(path):len(path)], name) }
		if len(faults) == maxFaults || values > maxSize {
			return
		}
		if len(path) >= maxDepth {
			faults = append(faults, faultWith("A profile has at most {max} levels.", "max", maxDepth))
			return
		}

		switch value := value.(type) {
		case nil, bool, int64, int, float64:
		case string:
			if !text.Storable(value) {
				faults = append(faults, Fault{Path: path, Message: "A text is valid UTF-8 without the character NUL."})
			}
		case []any:
			values += len(value)
			for i, item := range value {
				check(item, within(strconv.Itoa(i)))
			}
		case map[string]any:
			if values += len(value); values > maxSize {
				return
			}
			for _, name := range sorted(value) {
				if !text.Storable(name) {
					faults = append(faults, Fault{Path: path, Message: "The name of a field is valid UTF-8 without the character NUL."})
					continue
				}
				check(value[name], within(name))
			}
		default:
			faults = append(faults, Fault{Path: path, Message: "This is no JSON."})
		}
	}
	check(patch, nil)
	if values > maxSize { // each is a byte at least, so the rest need not be read
		return []Fault{errTooLarge}
	}
	return faults
}
