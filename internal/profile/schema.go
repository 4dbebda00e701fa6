package profile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaMaxSize is how long a schema may be, in bytes: every frontend asks for it.
const schemaMaxSize = 64 << 10

// Schema is what an operator says of the profiles of users. Nil and the zero Schema declare no fields.
//
// It takes profiles as Profile.Object returns them.
type Schema struct {
	compiled *jsonschema.Schema
	document map[string]any
	marked   map[*jsonschema.Schema]bool // those that say that an operator sets the value
}

// Load reads the schema in a file. The error names the file and, wherever the fault has a place, its
// line and column, both from 1.
func Load(file string) (*Schema, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read profile schema: %w", err)
	}
	return Parse(filepath.Base(file), text)
}

// Parse reads a schema from the text of a file with this name. It must describe an object, by
// "type": "object" at its root.
func Parse(name string, text []byte) (*Schema, error) {
	source, err := read(name, text)
	if err != nil {
		return nil, err
	}
	document, isObject := source.value.(map[string]any)
	switch {
	case !isObject:
		return nil, source.fault("", `a profile schema is an object: {"type": "object", "properties": {…}}`)
	case document["type"] != "object":
		return nil, source.fault("/type", `a profile is an object: the root must have "type": "object"`)
	case document["$schema"] != nil && document["$schema"] != dialect:
		return nil, source.fault("/$schema", "only the dialect "+dialect+" is known here")
	}

	compiled, err := compile(document)
	if err != nil {
		return nil, source.explain(err)
	}
	marked, err := source.review(compiled)
	if err != nil {
		return nil, err
	}
	schema := &Schema{compiled: compiled, document: document, marked: marked}
	if err := source.reviewMarks(schema); err != nil {
		return nil, err
	}
	return schema, nil
}

const (
	dialect = "https://json-schema.org/draft/2020-12/schema"
	base    = "urn:latchkey:profile" // what the document is called while it is compiled
)

// errRemote is said of a $ref that leads out of the file.
var errRemote = errors.New("leads out of this file: only references within it are followed")

// nothing is the loader of everything that is not in the file.
type nothing struct{}

func (nothing) Load(string) (any, error) { return nil, errRemote }

func compile(document map[string]any) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	compiler.UseLoader(nothing{})
	if err := compiler.AddResource(base, document); err != nil {
		return nil, err
	}
	return compiler.Compile(base)
}

// Document returns the schema as it was read, for frontends. It is not to be changed.
func (s *Schema) Document() map[string]any {
	if s.declaresNothing() {
		return map[string]any{"type": "object", "properties": map[string]any{}, "additionalProperties": false}
	}
	return s.document
}

// declaresNothing reports whether the operator has given no schema.
func (s *Schema) declaresNothing() bool { return s == nil || s.compiled == nil }

// Check returns everything that after has against it, always in the same order, when it comes from a
// user: where it breaks the schema, and where it changes what a user may not change. Before is the
// profile as it was, and nil at sign-up, when everything may be set but what only an operator sets.
func (s *Schema) Check(before, after map[string]any) []Fault {
	if before == nil {
		return s.check(map[string]any{}, after, signUp)
	}
	return s.check(before, after, later)
}

func (s *Schema) check(before, after map[string]any, when occasion) []Fault {
	return ordered(append(s.broken(after), s.changes(s.root(), before, after, nil, when)...))
}

// CheckAsOperator returns where a profile breaks the schema, always in the same order. An operator may
// change everything.
func (s *Schema) CheckAsOperator(profile map[string]any) []Fault {
	return ordered(s.broken(profile))
}

// broken returns where the profile breaks the schema.
func (s *Schema) broken(profile map[string]any) []Fault {
	if s.declaresNothing() {
		var faults []Fault
		for name := range profile {
			faults = append(faults, Fault{Path: []string{name}, Message: noSuchField})
		}
		return faults
	}
	err := s.compiled.Validate(profile)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []Fault{{Message: "This does not fit the schema."}}
	}
	return inWords(invalid)
}

// ordered sorts faults by place, and keeps one of those that are the same.
func ordered(faults []Fault) []Fault {
	slices.SortFunc(faults, compare)
	return slices.CompactFunc(faults, func(a, b Fault) bool { return compare(a, b) == 0 })
}

func compare(a, b Fault) int {
	if c := slices.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	return strings.Compare(a.Message, b.Message)
}

// sorted returns the names of a map in order.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
