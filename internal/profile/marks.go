package profile

import (
	"slices"
	"strconv"
	"strings"
)

// A field is marked "x-set-by": "operator" if users see it and cannot write it. JSON Schema knows no
// such keyword and would let it stand anywhere without a word; but who marks a field relies on it, so
// a mark that would not count is refused.
const (
	setBy    = "x-set-by"
	operator = "operator"
)

const strayMark = "x-set-by counts on fields of objects only, found by properties, $ref and allOf: here users could write the field all the same"

// reviewMark checks the mark of a schema.
func (s *source) reviewMark(pointer string, compared bool) error {
	if s.lookup(pointer) != operator {
		return s.fault(pointer, `x-set-by knows one word: "operator"`)
	}
	if !compared {
		return s.fault(pointer, strayMark)
	}
	return nil
}

// reviewStrayMarks refuses the first mark that is on none of the schemas at the places given: in a
// definition that nothing refers to, or beside a keyword that is mistyped or unknown.
func (s *source) reviewStrayMarks(schemas map[string]bool) error {
	var stray []string
	for pointer := range s.at {
		parent, found := strings.CutSuffix(pointer, "/"+setBy)
		if found && !schemas[parent] && !holdsNames(parent, schemas) {
			stray = append(stray, pointer)
		}
	}
	if len(stray) == 0 {
		return nil
	}
	return s.fault(slices.MinFunc(stray, func(a, b string) int { return s.at[a] - s.at[b] }), strayMark)
}

// holdsNames reports whether the names in the object at the pointer are chosen by the operator.
func holdsNames(pointer string, schemas map[string]bool) bool {
	slash := strings.LastIndexByte(pointer, '/')
	if slash < 0 || !schemas[pointer[:slash]] {
		return false
	}
	return slices.Contains([]string{"properties", "patternProperties", "$defs", "dependentSchemas", "dependentRequired"}, pointer[slash+1:])
}

// reviewMarks refuses what contradicts a mark: one on the profile as a whole, a field that is required
// of users who cannot set it, so that no sign-up could ever be accepted, and a default, which nothing
// fills in.
func (s *source) reviewMarks(schema *Schema) error {
	if part := schema.markOn(schema.root()); part != nil {
		return s.fault(fragment(part.Location)+"/"+setBy, "x-set-by is for fields, not for the profile as a whole")
	}
	done := map[string]bool{}
	var visit func(at place) error
	visit = func(at place) error {
		if schema.markOn(at) != nil {
			return s.reviewDefault(at)
		}
		key := at.key()
		if done[key] {
			return nil
		}
		done[key] = true

		for _, part := range at {
			for i, name := range part.Required {
				if schema.markOn(at.below(name)) != nil {
					return s.fault(fragment(part.Location)+"/required/"+strconv.Itoa(i),
						"only an operator sets this field, so it cannot be required: no user could ever give it")
				}
			}
		}
		for _, name := range at.fields() {
			if err := visit(at.below(name)); err != nil {
				return err
			}
		}
		return nil
	}
	return visit(schema.root())
}

func (s *source) reviewDefault(at place) error {
	for _, part := range at {
		if part.Default != nil {
			return s.fault(fragment(part.Location)+"/default", "nothing fills this default in: only an operator sets the field, by latchkey user profile")
		}
	}
	return nil
}

// key is the same for the same schemas.
func (p place) key() string {
	locations := make([]string, len(p))
	for i, part := range p {
		locations[i] = part.Location
	}
	slices.Sort(locations)
	return strings.Join(locations, " ")
}
