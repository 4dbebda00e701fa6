package profile

import (
	"reflect"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// changes returns the fields marked readOnly that differ. They are found through properties, $ref
// and allOf, which is where review lets the mark stand.
func changes(schema *jsonschema.Schema, before, after any, path []string) []auth.ProfileFault {
	parts := inPlace(schema, nil)
	for _, part := range parts {
		if part.ReadOnly && !reflect.DeepEqual(before, after) {
			return []auth.ProfileFault{{Path: path, Message: "This can be set at sign-up only."}}
		}
	}

	old, _ := before.(map[string]any)
	now, _ := after.(map[string]any)
	var faults []auth.ProfileFault
	for _, part := range parts {
		for _, name := range sorted(part.Properties) {
			was, had := old[name]
			is, has := now[name]
			if had || has {
				below := append(path[:len(path):len(path)], name)
				faults = append(faults, changes(part.Properties[name], was, is, below)...)
			}
		}
	}
	return faults
}

// inPlace returns the schema and those that it puts on the same value by $ref and allOf, each once.
func inPlace(schema *jsonschema.Schema, found []*jsonschema.Schema) []*jsonschema.Schema {
	for _, known := range found {
		if known == schema {
			return found
		}
	}
	found = append(found, schema)
	if schema.Ref != nil {
		found = inPlace(schema.Ref, found)
	}
	for _, part := range schema.AllOf {
		found = inPlace(part, found)
	}
	return found
}
