package profile

import (
	"reflect"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A place is all schemas that hold for one value of a profile: those that properties, $ref and allOf
// lead to, which is where review lets marks stand.
type place []*jsonschema.Schema

// root is the place of the profile itself.
func (s *Schema) root() place {
	if s.declaresNothing() {
		return nil
	}
	return place(nil).with(s.compiled)
}

// with returns the place with the schema and those that it puts on the same value by $ref and allOf,
// each once.
func (p place) with(schema *jsonschema.Schema) place {
	if slices.Contains(p, schema) {
		return p
	}
	p = append(p, schema)
	if schema.Ref != nil {
		p = p.with(schema.Ref)
	}
	for _, part := range schema.AllOf {
		p = p.with(part)
	}
	return p
}

// below returns the place of a field; it is empty if no schema declares one.
func (p place) below(name string) place {
	var field place
	for _, part := range p {
		if schema, ok := part.Properties[name]; ok {
			field = field.with(schema)
		}
	}
	return field
}

// fields returns the names of the fields that are declared, in order.
func (p place) fields() []string {
	names := map[string]bool{}
	for _, part := range p {
		for name := range part.Properties {
			names[name] = true
		}
	}
	return sorted(names)
}

func (p place) readOnly() bool {
	return slices.ContainsFunc(p, func(part *jsonschema.Schema) bool { return part.ReadOnly })
}

// markOn returns the schema at the place that says that only an operator sets what is there, or nil.
func (s *Schema) markOn(p place) *jsonschema.Schema {
	for _, part := range p {
		if s.marked[part] {
			return part
		}
	}
	return nil
}

// occasion is when a user changes a profile, which decides about the fields that are readOnly.
type occasion int

const (
	later     occasion = iota // none may change
	signUp                    // all may
	afterLoss                 // those may of which there is nothing: what the sign-up said was dropped
)

// changes returns the fields that differ and that a user may not change: those that an operator sets, and
// except on some occasions those that are readOnly.
func (s *Schema) changes(at place, before, after any, path []string, when occasion) []Fault {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	switch {
	case s.markOn(at) != nil:
		return []Fault{{Path: path, Message: "Only an operator sets this."}}
	case at.readOnly() && when != signUp && (when != afterLoss || !s.unwritten(before, path)):
		return []Fault{{Path: path, Message: "This can be set at sign-up only."}}
	}

	old, _ := before.(map[string]any)
	now, _ := after.(map[string]any)
	var faults []Fault
	for _, name := range at.fields() {
		below := append(path[:len(path):len(path)], name)
		faults = append(faults, s.changes(at.below(name), field(old, name), field(now, name), below, when)...)
	}
	return faults
}

// unwritten reports whether no user has written anything of what is at the path.
func (s *Schema) unwritten(before any, path []string) bool {
	if object, isObject := before.(map[string]any); isObject {
		users, _ := s.split(object, path...)
		return len(users) == 0
	}
	return before == absent{}
}

// absent stands for a field that is not there, which one that is null is.
type absent struct{}

func field(object map[string]any, name string) any {
	if value, ok := object[name]; ok {
		return value
	}
	return absent{}
}

// SetByOperator reports whether the schema declares a field at this path, by the names that lead to it,
// and no user can write any of it.
func (s *Schema) SetByOperator(path ...string) bool {
	at, marked := s.root(), false
	for _, name := range path {
		if at = at.below(name); len(at) == 0 {
			return false
		}
		marked = marked || s.markOn(at) != nil
	}
	return marked
}

// Declares reports whether the schema declares a field of the profile itself.
func (s *Schema) Declares(field string) bool { return len(s.root().below(field)) > 0 }
