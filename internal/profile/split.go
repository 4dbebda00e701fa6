package profile

import "fmt"

// Split returns what users write of a profile, and what only operators do.
func (s *Schema) Split(profile Profile) (users, operators Profile, err error) {
	object, err := profile.Object()
	if err != nil {
		return "", "", err
	}
	written, set := s.split(object)
	users, _, faults := encode(written)
	operators, _, more := encode(set)
	if faults = append(faults, more...); faults != nil { // parts of what was encoded before
		return "", "", fmt.Errorf("split profile: %s", faults[0].Message)
	}
	return users, operators, nil
}

func (s *Schema) split(object map[string]any, path ...string) (users, operators map[string]any) {
	users, operators = map[string]any{}, map[string]any{}
	for name, value := range object {
		below := append(path[:len(path):len(path)], name)
		inner, isObject := value.(map[string]any)
		switch {
		case s.SetByOperator(below...):
			operators[name] = value
		case isObject:
			written, set := s.split(inner, below...)
			users[name] = written
			if len(set) > 0 {
				operators[name] = set
			}
		default:
			users[name] = value
		}
	}
	return users, operators
}
