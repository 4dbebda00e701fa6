// Package profile reads the JSON Schema in which an operator declares what users have beside a name,
// and checks profiles against it. It is the only package that knows how JSON Schema works.
//
// The dialect is draft 2020-12. Formats are checked, patterns are those of Go's package regexp, whose
// time grows with the length of a text only, and a $ref stays within the file: nothing is ever
// fetched.
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

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// maxSize is that of a schema, in bytes: every frontend asks for it.
const maxSize = 64 << 10

// Schema is an operator's schema. It implements auth.ProfileSchema.
type Schema struct {
	compiled *jsonschema.Schema
	document map[string]any
	marked   map[*jsonschema.Schema]bool // those that say that an operator sets the value
}

var _ auth.ProfileSchema = (*Schema)(nil)

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

// Document returns the schema as it was read.
func (s *Schema) Document() map[string]any { return s.document }

// Check implements auth.ProfileSchema.
func (s *Schema) Check(before, after map[string]any) []auth.ProfileFault {
	signUp := before == nil
	if signUp {
		before = map[string]any{}
	}
	return ordered(append(s.broken(after), s.changes(s.root(), before, after, nil, signUp)...))
}

// CheckAsOperator implements auth.ProfileSchema.
func (s *Schema) CheckAsOperator(profile map[string]any) []auth.ProfileFault {
	return ordered(s.broken(profile))
}

// broken returns where the profile breaks the schema.
func (s *Schema) broken(profile map[string]any) []auth.ProfileFault {
	err := s.compiled.Validate(profile)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []auth.ProfileFault{{Message: "This does not fit the schema."}}
	}
	return inWords(invalid)
}

// ordered sorts faults by place, and keeps one of those that are the same.
func ordered(faults []auth.ProfileFault) []auth.ProfileFault {
	slices.SortFunc(faults, compare)
	return slices.CompactFunc(faults, func(a, b auth.ProfileFault) bool { return compare(a, b) == 0 })
}

func compare(a, b auth.ProfileFault) int {
	if c := slices.Compare(a.Path, b.Path); c != 0 {
		return c
	}
	return strings.Compare(a.Message, b.Message)
}

// sorted returns the names of a map in order.
func sorted[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
