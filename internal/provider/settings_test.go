package provider_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// readJWT returns the header and the claims of a JWT.
func readJWT(t *testing.T, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatal("it is no JWT")
	}
	for i, into := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// from looks variables up in a map.
func from(variables map[string]string) provider.Lookup {
	return func(name string) (secret.Text, error) {
		if variables[name] == "unreadable" {
			return "", errors.New(name + " cannot be read")
		}
		return secret.Text(variables[name]), nil
	}
}

const example = `
providers:
  - id: company
    preset: oidc
    name: Example Corp
    client_id: latchkey
    issuer: https://id.example.com
    trust_email_domains: [example.com]
    profile: {team: work.team}
  - preset: github
  - id: chat
    preset: oauth2
    client_id: "17"
    authorization_url: https://chat.example.com/authorize
    token_url: https://chat.example.com/token
    userinfo_url: https://chat.example.com/me
    mapping: {subject: id, email: mail}
`

func TestProvidersComeFromTheFileAndVariables(t *testing.T) {
	t.Parallel()
	got, err := provider.Load([]byte(example), from(map[string]string{
		"LATCHKEY_COMPANY_CLIENT_SECRET": "a", "LATCHKEY_GITHUB_CLIENT_ID": "b", "LATCHKEY_GITHUB_CLIENT_SECRET": "c",
		"LATCHKEY_GOOGLE_CLIENT_ID": "d", "LATCHKEY_GOOGLE_CLIENT_SECRET": "e",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, s := range got {
		ids = append(ids, s.ID+" "+s.Name+" "+s.ClientID+" "+s.ClientSecret.Reveal())
	}
	want := []string{"company Example Corp latchkey a", "github GitHub b c", "chat OAuth 2.0 17 ", "google Google d e"}
	if !slices.Equal(ids, want) {
		t.Errorf("got %q, want %q", ids, want)
	}
	if got, err := provider.Load(nil, from(nil)); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v without anything, want no providers", got, err)
	}
	if _, err := provider.Load([]byte(`{"providers":[{"id":"github"}]}`), from(map[string]string{"LATCHKEY_GITHUB_CLIENT_ID": "b", "LATCHKEY_GITHUB_CLIENT_SECRET": "c"})); err != nil {
		t.Errorf("got %v for JSON", err)
	}
}

func TestWhatIsWrongWithProvidersIsToldAtOnce(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, file string
		says       []string
	}{
		{"an unknown key", "providers: [{id: github, client_idd: a}]", []string{"client_idd"}},
		{"an unknown key above", "provider: []", []string{"provider"}},
		{"a secret in the file", "providers: [{id: github, client_secret: a}]", []string{"client_secret"}},
		{"no YAML", "providers: [", []string{"["}},
		{"an unknown preset", "providers: [{id: gihub}]", []string{`no preset "gihub"`, "github"}},
		{"no id", "providers: [{client_id: a}]", []string{"a provider without an id"}},
		{"a strange id", "providers: [{id: Git/Hub, preset: github}]", []string{"letters from a to z"}},
		{"twice", "providers: [{id: github}, {id: github}]", []string{"two providers"}},
		{"a key of another preset", "providers: [{id: github, trust_email_domains: ['*']}]", []string{"trust_email_domains is no setting of the preset github"}},
		{"everything missing", "providers: [{id: github}, {id: own, preset: oidc}]", []string{"LATCHKEY_GITHUB_CLIENT_ID", "LATCHKEY_GITHUB_CLIENT_SECRET", "LATCHKEY_OWN_CLIENT_ID", "issuer is missing"}},
		{"plain http", "providers: [{id: own, preset: oidc, client_id: a, issuer: 'http://id.example.com'}]", []string{"must begin with https://"}},
		{"oauth2", "providers: [{id: own, preset: oauth2, client_id: a, token_auth: none}]", []string{"userinfo_url", "mapping needs subject", "basic or post"}},
		{"apple", "providers: [{id: apple, client_id: a}]", []string{"team_id", "LATCHKEY_APPLE_PRIVATE_KEY"}},
		{"microsoft", "providers: [{id: microsoft, client_id: a, tenant: contoso, tenants: [b]}]", []string{"tenant must be", "tenants must be"}},
		{"without openid", "providers: [{id: own, preset: oidc, client_id: a, issuer: 'https://id.example.com', scopes: [email]}]", []string{"openid"}},
		{"an unreadable secret", "providers: [{id: broken, preset: oidc, client_id: a, issuer: 'https://id.example.com'}]", []string{"LATCHKEY_BROKEN_CLIENT_SECRET cannot be read"}},
	} {
		_, err := provider.Load([]byte(test.file), from(map[string]string{"LATCHKEY_BROKEN_CLIENT_SECRET": "unreadable"}))
		if err == nil {
			t.Errorf("%s: got no error", test.name)
			continue
		}
		for _, text := range test.says {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: got %q, want it to say %q", test.name, err, text)
			}
		}
	}
}

// TestTheSchemaKnowsWhatTheProgramKnows compares the names in the schema with the tags, and has it judge files.
func TestTheSchemaKnowsWhatTheProgramKnows(t *testing.T) {
	t.Parallel()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(provider.Schema))
	if err != nil {
		t.Fatal(err)
	}
	described := document.(map[string]any)["$defs"].(map[string]any)["provider"].(map[string]any)["properties"].(map[string]any)
	var tags []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[provider.Settings]()) {
		if tag := field.Tag.Get("yaml"); tag != "-" {
			tags = append(tags, tag)
		}
	}
	slices.Sort(tags)
	if got := slices.Sorted(maps.Keys(described)); !slices.Equal(got, tags) {
		t.Errorf("the schema has %q, the program %q", got, tags)
	}
	var names []string
	for _, name := range described["preset"].(map[string]any)["enum"].([]any) {
		names = append(names, name.(string))
	}
	slices.Sort(names)
	if want := slices.Sorted(slices.Values(provider.Presets())); !slices.Equal(names, want) {
		t.Errorf("the schema has the presets %q, the program %q", names, want)
	}

	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("providers.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("providers.json")
	if err != nil {
		t.Fatal(err)
	}
	for file, isRight := range map[string]bool{
		example: true, "providers: []": true, "provider: []": false, "providers: [{id: github, client_idd: a}]": false, "providers: [{name: a}]": false,
		"providers: [{id: github, client_secret: a}]": false, "providers: [{preset: oauth2, mapping: {email: a}}]": false,
	} {
		text, err := yaml.YAMLToJSON([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(instance); (err == nil) != isRight {
			t.Errorf("%s: got %v, want right: %t", file, err, isRight)
		}
	}
}

func TestVariablesOfProvidersHaveAForm(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]bool{
		"LATCHKEY_GOOGLE_CLIENT_ID": true, "LATCHKEY_MY_OWN_CLIENT_SECRET": true, "LATCHKEY_APPLE_PRIVATE_KEY": true,
		"LATCHKEY_CLIENT_ID": false, "LATCHKEY_GOOGLE_CLIENT": false, "GOOGLE_CLIENT_ID": false,
	} {
		if got := provider.IsVariable(name); got != is {
			t.Errorf("%s: got %t, want %t", name, got, is)
		}
	}
}
