package profile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// billed has marks wherever they may stand: on a field, deep in one, by $ref, by allOf, on a whole
// object, and in a schema that holds itself.
const billed = `{
  "$id": "https://example.com/user.json", "type": "object",
  "properties": {
    "nick": {"type": "string"},
    "plan": {"enum": ["free", "pro"], "x-set-by": "operator", "readOnly": true},
    "company": {
      "type": "object",
      "properties": {"name": {"type": "string"}, "vat/id": {"x-set-by": "operator"}, "100%25": {"x-set-by": "operator"}},
      "allOf": [{"properties": {"seats": {"$ref": "#/$defs/seats"}}}]
    },
    "billing": {"$ref": "#/$defs/billing", "type": "object", "properties": {"card": {"type": "string"}}, "required": ["card"]},
    "parent": {"$ref": "#"},
    "x-set-by": {"type": "string"}
  },
  "$defs": {
    "seats": {"type": "integer", "allOf": [{"x-set-by": "operator"}]},
    "billing": {"x-set-by": "operator"},
    "x-set-by": {"type": "string"}
  }
}`

func TestWhatOnlyAnOperatorSets(t *testing.T) {
	schema := parse(t, billed)
	const full = `{"nick": "a", "plan": "pro", "company": {"name": "x", "seats": 5, "vat/id": "1", "100%25": 2}, "billing": {"card": "1"}, "parent": {"plan": "pro"}}`
	only := func(paths ...string) []string {
		var want []string
		for _, path := range paths {
			want = append(want, path+": Only an operator sets this.")
		}
		return want
	}
	all := only("billing", "company.100%25", "company.seats", "company.vat/id", "parent.plan", "plan")

	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{name: "a sign-up sets all of it", after: full, want: all},
		{name: "a sign-up sets the rest", after: `{"nick": "a", "company": {"name": "x"}, "parent": {"nick": "b"}, "x-set-by": "me"}`},
		{name: "a sign-up sets nothing", after: `{}`},
		{name: "it is there as before", before: full, after: strings.Replace(full, `"nick": "a"`, `"nick": "b"`, 1)},
		{name: "it is taken away", before: full, after: `{}`, want: all},
		{name: "it is added later", before: `{}`, after: full, want: all},
		{name: "it is another", before: full, after: strings.NewReplacer("pro", "free", "5", "6", `"1"`, `"2"`, "2}", "3}").Replace(full), want: all},
		{
			name: "what is around it becomes something else", before: full, after: strings.Replace(full, `{"name": "x", "seats": 5, "vat/id": "1", "100%25": 2}`, `[]`, 1),
			want: append([]string{"company: This has to be of the type object."}, only("company.100%25", "company.seats", "company.vat/id")...),
		},
		{name: "something else becomes what is around it", before: `{"parent": 1}`, after: `{"parent": {"plan": "pro"}}`, want: only("parent.plan")},
		{name: "null is a value, and not what was there", before: `{}`, after: `{"billing": null}`, want: append(only("billing"), "billing: This has to be of the type object.")},
		{name: "within a whole that is marked", before: full, after: strings.Replace(full, `"card": "1"`, `"card": "1", "x": 2`, 1), want: only("billing")},
		{name: "a number that is only written otherwise counts as another", before: full, after: strings.Replace(full, "5", "5.0", 1), want: only("company.seats")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, faults(t, schema, c.before, c.after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}

	t.Run("an operator may do all of it that fits", func(t *testing.T) {
		if found := schema.CheckAsOperator(object(t, full)); len(found) > 0 {
			t.Errorf("there are faults: %v", found)
		}
		if found := schema.CheckAsOperator(object(t, `{"plan": "gold", "billing": {}}`)); len(found) != 2 {
			t.Errorf("the faults are %v", found)
		}
	})

	t.Run("is told by path", func(t *testing.T) {
		for path, want := range map[string]bool{
			"plan": true, "company seats": true, "company vat/id": true, "billing": true, "billing card": true, "parent parent plan": true,
			"": false, "nick": false, "company": false, "company name": false, "parent": false, "x-set-by": false, "plans": false, "Plan": false, "billing other": false, "plan x": false,
		} {
			if got := schema.SetByOperator(strings.Fields(path)...); got != want {
				t.Errorf("of %q it is %t", path, got)
			}
		}
	})
}

func TestMarksThatWouldNotCount(t *testing.T) {
	const stray = "x-set-by counts on fields of objects only"
	for _, c := range []struct{ name, properties, want string }{
		{"another word", `"a": {"x-set-by": "Operator"}`, `profile.json:2:19: x-set-by knows one word: "operator"`},
		{"true", `"a": {"x-set-by": true}`, "profile.json:2:19: x-set-by knows"},
		{"null", `"a": {"x-set-by": null}`, "profile.json:2:19: x-set-by knows"},
		{"in anyOf", `"a": {"anyOf": [{"x-set-by": "operator"}, {}]}`, stray},
		{"in oneOf", `"a": {"oneOf": [{"properties": {"b": {"x-set-by": "operator"}}}]}`, stray},
		{"in not", `"a": {"not": {"x-set-by": "operator"}}`, stray},
		{"in then", `"a": {"if": true, "then": {"x-set-by": "operator"}}`, stray},
		{"in a list", `"a": {"items": {"properties": {"b": {"x-set-by": "operator"}}}}`, stray},
		{"in the beginning of a list", `"a": {"prefixItems": [{"x-set-by": "operator"}]}`, stray},
		{"in patternProperties", `"a": {"patternProperties": {"^b": {"x-set-by": "operator"}}}`, stray},
		{"in additionalProperties", `"a": {"additionalProperties": {"x-set-by": "operator"}}`, stray},
		{"in unevaluatedProperties", `"a": {"unevaluatedProperties": {"x-set-by": "operator"}}`, stray},
		{"in dependentSchemas", `"a": {"dependentSchemas": {"b": {"properties": {"c": {"x-set-by": "operator"}}}}}`, stray},
		{"by a dynamic reference", `"a": {"$dynamicRef": "#/$defs/c"}}, "$defs": {"c": {"x-set-by": "operator"}`, stray},
		{"in a definition that is used in a list too", `"a": {"$ref": "#/$defs/c"}, "b": {"items": {"$ref": "#/$defs/c"}}}, "$defs": {"c": {"x-set-by": "operator"}`, stray},
		{"in a definition that is not used", `"a": {}}, "$defs": {"c": {"x-set-by": "operator"}`, stray},
		{"in a definition of that name that is not used", `"a": {}}, "$defs": {"x-set-by": {"x-set-by": "operator"}`, stray},
		{"beside a keyword that is mistyped", `"a": {"propertys": {"b": {"x-set-by": "operator"}}}`, stray},
		{"in a schema of what a text holds", `"default": {"contentSchema": {"x-set-by": "operator"}}`, stray},
		{"in the dialect before", `"a": {"$id": "urn:x", "$schema": "http://json-schema.org/draft-07/schema#", "items": [{"x-set-by": "operator"}]}`, stray},
		{"on the whole", `"a": {}}, "allOf": [{"x-set-by": "operator"}], "$defs": {`, "profile.json:2:34: x-set-by is for fields, not for the profile as a whole"},
		{"with a default", `"a": {"x-set-by": "operator", "allOf": [{"default": null}]}`, "profile.json:2:53: nothing fills this default in"},
		{"on what is required", `"a": {"x-set-by": "operator"}}, "allOf": [{"required": ["b", "a"]}], "$defs": {`, "profile.json:2:62: only an operator sets this field, so it cannot be required"},
		{"on what is required deep down", `"a": {"allOf": [{"properties": {"b": {"x-set-by": "operator"}}}], "required": ["b"]}`, "profile.json:2:80: only an operator sets"},
		{"on what is required, put together", `"a": {"properties": {"b": {"properties": {"c": {"x-set-by": "operator"}}}}, "allOf": [{"properties": {"b": {"required": ["c"]}}}]}`, "only an operator sets"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := profile.Parse("profile.json", []byte("{\"type\": \"object\", \"properties\": {\n"+c.properties+"}}"))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "profile.json:2:") {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
		})
	}
}
