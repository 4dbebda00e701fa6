package auth

import "maps"

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
