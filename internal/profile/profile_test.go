package profile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

const plans = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "properties": {
    "plan": {"enum": ["free", "team"]},
    "gender": {"enum": ["M", "F", "NS"]},
    "nick": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
    "born": {"type": "string", "format": "date"},
    "age": {"type": "integer", "minimum": 18},
    "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": true},
    "referrer": {"type": "string", "readOnly": true},
    "address": {"$ref": "#/$defs/address"},
    "either": {"anyOf": [{"type": "string"}, {"type": "null"}]}
  },
  "required": ["plan"],
  "dependentRequired": {"nick": ["gender"]},
  "additionalProperties": false,
  "$defs": {
    "address": {
      "type": "object",
      "properties": {"country": {"type": "string", "allOf": [{"readOnly": true}]}, "city": {"type": "string"}},
      "required": ["country"]
    }
  }
}`

func parse(t *testing.T, text string) *profile.Schema {
	t.Helper()
	schema, err := profile.Parse("profile.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	if text == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value map[string]any
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// faults returns what a change has against it, each as "path: message".
func faults(t *testing.T, schema *profile.Schema, before, after string) []string {
	t.Helper()
	var texts []string
	for _, fault := range schema.Check(object(t, before), object(t, after)) {
		texts = append(texts, strings.Join(fault.Path, ".")+": "+fault.Message)
	}
	return texts
}

func TestCheck(t *testing.T) {
	schema := parse(t, plans)
	for _, c := range []struct {
		name, before, after string
		want                []string
	}{
		{name: "a profile that fits", after: `{"plan": "free", "age": 18, "born": "1815-12-10", "tags": ["a"], "either": "x"}`},
		{name: "what is required", after: `{}`, want: []string{"plan: This is required."}},
		{name: "a field that is not declared", after: `{"plan": "free", "role": "ADMIN"}`, want: []string{"role: There is no such field."}},
		{
			name: "everything at once, by place", after: `{"plan": "secret plan", "nick": "X", "born": "1815-02-30", "age": 17.5, "tags": ["a", "a", 3], "address": {"city": 1}, "either": 3}`,
			want: []string{
				"address.city: This has to be of the type string.",
				"address.country: This is required.",
				"age: This has to be of the type integer.",
				"born: This has to have the format date.",
				"either: This has none of the forms that are allowed.",
				"gender: This is required together with \"nick\".",
				"nick: This has to match the pattern ^[a-z]+$.",
				"nick: This needs at least 2 characters.",
				`plan: This has to be one of "free", "team".`,
				"tags: This may have at most 2 items.",
				"tags: This may not have an item twice.",
				"tags.2: This has to be of the type string.",
			},
		},
		{name: "a number that is too small", after: `{"plan": "free", "age": 17}`, want: []string{"age: This has to be at least 18."}},
		{name: "readOnly at sign-up", after: `{"plan": "free", "referrer": "x", "address": {"country": "x"}}`},
		{
			name: "readOnly afterwards", before: `{"plan": "free", "referrer": "x", "address": {"country": "x"}}`, after: `{"plan": "team", "referrer": "y", "address": {"country": "y"}}`,
			want: []string{"address.country: This can be set at sign-up only.", "referrer: This can be set at sign-up only."},
		},
		{
			name: "readOnly taken away, and set late", before: `{"plan": "free", "referrer": "x"}`, after: `{"plan": "free", "address": {"country": "y"}}`,
			want: []string{"address.country: This can be set at sign-up only.", "referrer: This can be set at sign-up only."},
		},
		{name: "readOnly and the same", before: `{"plan": "free", "referrer": "x", "age": 18}`, after: `{"plan": "team", "referrer": "x", "age": 19}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, faults(t, schema, c.before, c.after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMessagesDoNotRepeatWhatWasGiven(t *testing.T) {
	schema := parse(t, `{"type": "object", "maxProperties": 1, "propertyNames": {"maxLength": 9}, "properties": {
		"a": {"const": 1}, "b": {"not": {"type": "string"}}, "c": {"type": "string", "format": "email", "maxLength": 2, "pattern": "^x"},
		"d": {"oneOf": [true, true]}, "e": {"contains": {"type": "number"}}, "f": {"multipleOf": 0.5, "exclusiveMaximum": 1}, "g": false,
		"h": {"minProperties": 2}, "i": {"minItems": 2}, "j": {"maximum": 1}, "k": {"exclusiveMinimum": 9e9}, "l": {"enum": [[1], {"x": 2}]}}}`)
	const secret = "hush"
	found := schema.Check(nil, object(t, `{"a": "hush", "b": "hush", "c": "hush", "d": "hush", "e": ["hush"], "f": 7.7, "g": "hush",
		"h": {"hush": 1}, "i": ["hush"], "j": 3, "k": 4, "l": "hush", "hush-hush-hush": "hush"}`))
	if len(found) < 14 {
		t.Errorf("there are %d faults", len(found))
	}
	for _, fault := range found {
		if strings.Contains(fault.Message, secret) || fault.Message == "" {
			t.Errorf("at %v it says %q", fault.Path, fault.Message)
		}
	}
}

func TestASchemaThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "profile.json:1:1: this is no JSON: unexpected end of JSON input"},
		{"no JSON", "{\n  \"type\": \"object\",\n  \"properties\": {,}\n}", "profile.json:3:18: this is no JSON: invalid character ',' looking for beginning of object key string"},
		{"something after it", `{"type": "object"} {}`, "profile.json:1:20: this is no JSON: invalid character '{' after top-level value"},
		{"a name twice", "{\"type\": \"object\",\n \"properties\": {\"ä\": {}, \"ä\": {}}}", `profile.json:2:26: "ä" stands here a second time`},
		{"not UTF-8", "{\"type\": \"\xff\"}", "profile.json:1:1: this is not UTF-8"},
		{"no object", `true`, `profile.json:1:1: a profile schema is an object: {"type": "object", "properties": {…}}`},
		{"a schema of a text", `{"type": "string"}`, `profile.json:1:10: a profile is an object: the root must have "type": "object"`},
		{"a schema of anything", `{"properties": {}}`, `profile.json:1:1: a profile is an object: the root must have "type": "object"`},
		{"another dialect", `{"type": "object", "$schema": "http://json-schema.org/draft-07/schema#"}`, "profile.json:1:31: only the dialect https://json-schema.org/draft/2020-12/schema is known here"},
		{"a type that is none", "{\"type\": \"object\", \"properties\": {\n  \"a/b\": {\"type\": \"text\"}}}", "profile.json:2:19: value must be one of"},
		{"a pattern that takes exponential time", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"pattern\": \"(?=x)\"}}}", "profile.json:2:20: "},
		{"a format that nobody knows", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"format\": \"emial\"}}}", "profile.json:2:19: the format emial is not known"},
		{"a reference to nothing", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"$ref\": \"#/$defs/b\"}}}", "profile.json:2:17: this leads nowhere"},
		{"a reference to no anchor", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"$ref\": \"#b\"}}}", "profile.json:2:17: this leads nowhere"},
		{"a reference to the network", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"$ref\": \"https://example.com/b.json#/c\"}}}", "profile.json:2:17: this leads out of this file"},
		{"a reference to a file", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"$ref\": \"file:///etc/passwd\"}}}", "profile.json:2:17: this leads out of this file"},
		{"a reference to a file beside", "{\"type\": \"object\", \"$id\": \"https://example.com/a/\", \"properties\": {\n  \"a\": {\"$ref\": \"b.json\"}}}", "profile.json:2:17: this leads out of this file"},
		{"readOnly in a list", "{\"type\": \"object\", \"properties\": {\n  \"a\": {\"items\": {\"readOnly\": true}}}}", "profile.json:2:31: readOnly is kept for fields of objects only, found by properties, $ref and allOf"},
		{"65 KB", `{"type": "object", "description": "` + strings.Repeat("x", 65<<10) + `"}`, "profile.json:1:1: a profile schema has at most 64 KB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := profile.Parse("profile.json", []byte(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("the error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestReferencesWithinTheFile(t *testing.T) {
	schema := parse(t, `{"$id": "https://example.com/user.json", "type": "object", "properties": {"a": {"$ref": "#/$defs/b"}, "c": {"$ref": "#d"}, "self": {"$ref": "#"}},
		"$defs": {"b": {"type": "string"}, "d": {"$anchor": "d", "type": "number"}}}`)
	got := faults(t, schema, "", `{"a": 1, "c": "x", "self": {"self": {"a": 2}}}`)
	want := []string{"a: This has to be of the type string.", "c: This has to be of the type number.", "self.self.a: This has to be of the type string."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPatternsTakeLinearTime gives a pattern what takes others exponential time: the test would not end.
func TestPatternsTakeLinearTime(t *testing.T) {
	schema := parse(t, `{"type": "object", "properties": {"a": {"pattern": "^(a+)+$"}}}`)
	if len(schema.Check(nil, map[string]any{"a": strings.Repeat("a", 10_000) + "!"})) != 1 {
		t.Error("got no fault or several, want one: the pattern does not match")
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "fields.json")
	if _, err := profile.Load(file); err == nil || !strings.Contains(err.Error(), "fields.json") {
		t.Errorf("a file that is missing gives %v", err)
	}
	if err := os.WriteFile(file, []byte(plans), 0o600); err != nil {
		t.Fatal(err)
	}
	schema, err := profile.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(object(t, plans), schema.Document()); diff != "" {
		t.Errorf("the document is not the file (-want +got):\n%s", diff)
	}
}
