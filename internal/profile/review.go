package profile

import (
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// review refuses what a schema says in vain: a format that nobody checks, and readOnly or x-set-by in
// a place where changes are not compared. It returns the schemas that are marked x-set-by.
func (s *source) review(schema *jsonschema.Schema) (map[*jsonschema.Schema]bool, error) {
	type seen struct {
		schema   *jsonschema.Schema
		compared bool
	}
	done, marked := map[seen]bool{}, map[*jsonschema.Schema]bool{}
	places := map[string]bool{} // of all schemas that are met
	var visit func(schema *jsonschema.Schema, compared bool) error
	visit = func(schema *jsonschema.Schema, compared bool) error {
		if schema == nil || done[seen{schema, compared}] || !strings.HasPrefix(schema.Location, base) {
			return nil
		}
		done[seen{schema, compared}] = true
		at := fragment(schema.Location)
		places[at] = true
		if schema.ReadOnly && !compared {
			return s.fault(at+"/readOnly", "readOnly is kept for fields of objects only, found by properties, $ref and allOf")
		}
		if _, isMarked := s.at[at+"/"+setBy]; isMarked {
			if err := s.reviewMark(at+"/"+setBy, compared); err != nil {
				return err
			}
			marked[schema] = true
		}
		if format, ok := s.lookup(at + "/format").(string); ok && schema.Format == nil {
			return s.fault(at+"/format", "the format "+format+" is not known")
		}

		for _, name := range sorted(schema.Properties) {
			if err := visit(schema.Properties[name], compared); err != nil {
				return err
			}
		}
		for _, part := range append([]*jsonschema.Schema{schema.Ref}, schema.AllOf...) {
			if err := visit(part, compared); err != nil {
				return err
			}
		}
		for _, part := range others(schema) {
			if err := visit(part, false); err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit(schema, true); err != nil {
		return nil, err
	}
	return marked, s.reviewStrayMarks(places)
}

// others returns the schemas within a schema that are not found by properties, $ref and allOf.
func others(s *jsonschema.Schema) []*jsonschema.Schema {
	parts := []*jsonschema.Schema{
		s.Not, s.If, s.Then, s.Else, s.PropertyNames, s.UnevaluatedProperties,
		s.Contains, s.Items2020, s.UnevaluatedItems, s.ContentSchema,
	}
	parts = append(parts, s.AnyOf...)
	parts = append(parts, s.OneOf...)
	parts = append(parts, s.PrefixItems...)
	for _, part := range s.PatternProperties {
		parts = append(parts, part)
	}
	for _, name := range sorted(s.DependentSchemas) {
		parts = append(parts, s.DependentSchemas[name])
	}
	if part, ok := s.AdditionalProperties.(*jsonschema.Schema); ok {
		parts = append(parts, part)
	}
	if s.DynamicRef != nil {
		parts = append(parts, s.DynamicRef.Ref)
	}
	return parts
}
