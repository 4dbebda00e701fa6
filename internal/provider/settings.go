package provider

import (
	"cmp"
	_ "embed" // the schema
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/latchkey-auth/latchkey/internal/outbound"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// Schema is the JSON Schema of the file of providers, which editors read.
//
//go:embed providers.schema.json
var Schema []byte

// Settings are one provider as the operator has configured it. The tags are the keys of the file. Secrets are not in it.
type Settings struct {
	ID       string   `yaml:"id"`     // a-z, 0-9 and -; empty: the preset
	Preset   string   `yaml:"preset"` // empty: the id
	Name     string   `yaml:"name"`   // what buttons show; empty: that of the preset
	ClientID string   `yaml:"client_id"`
	Scopes   []string `yaml:"scopes"` // in place of the preset's

	Issuer  string   `yaml:"issuer"`
	Tenant  string   `yaml:"tenant"`  // of Microsoft: an id, common, organizations or consumers
	Tenants []string `yaml:"tenants"` // of Microsoft: ids
	TeamID  string   `yaml:"team_id"` // of Apple
	KeyID   string   `yaml:"key_id"`  // of Apple

	AuthorizationURL string  `yaml:"authorization_url"`
	TokenURL         string  `yaml:"token_url"`
	UserinfoURL      string  `yaml:"userinfo_url"`
	TokenAuth        string  `yaml:"token_auth"` // basic or post
	Mapping          Mapping `yaml:"mapping"`

	TrustEmailDomains []string          `yaml:"trust_email_domains"` // "*": all
	TrustSecondFactor bool              `yaml:"trust_second_factor"`
	NativeClientIDs   []string          `yaml:"native_client_ids"`
	PrivateNetwork    bool              `yaml:"private_network"`
	Profile           map[string]string `yaml:"profile"` // profile field: claim

	ClientSecret secret.Text `yaml:"-"`
	PrivateKey   secret.Text `yaml:"-"` // of Apple, in PEM
}

// Mapping says by which names userinfo gives what. Names of what is inside of something else have dots.
type Mapping struct {
	Subject  string `yaml:"subject"`
	Email    string `yaml:"email"`
	Name     string `yaml:"name"`
	Username string `yaml:"username"`
}

// Lookup returns the value of an environment variable, or of the file that the variable with _FILE names; empty: it is
// not set.
type Lookup func(variable string) (secret.Text, error)

// Load returns the providers in the text of a file, YAML or JSON, then those that are configured by variables alone, in
// the order of Presets. The error tells everything that is wrong with them at once.
func Load(file []byte, lookup Lookup) ([]Settings, error) {
	var read struct {
		Providers []Settings `yaml:"providers"`
	}
	if err := yaml.UnmarshalWithOptions(file, &read, yaml.Strict()); err != nil {
		return nil, errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	all := read.Providers
	for i := range all {
		all[i].ID = cmp.Or(all[i].ID, all[i].Preset)
		all[i].Preset = cmp.Or(all[i].Preset, all[i].ID)
	}
	var faults []error
	for _, name := range Presets() {
		if slices.ContainsFunc(all, func(s Settings) bool { return s.ID == name }) {
			continue
		}
		switch id, err := lookup(variable(name, clientIDSuffix)); {
		case err != nil:
			faults = append(faults, err)
		case id != "":
			all = append(all, Settings{ID: name, Preset: name})
		}
	}
	seen := map[string]bool{}
	for i := range all {
		s := &all[i]
		if seen[s.ID] {
			faults = append(faults, fmt.Errorf("%s: there are two providers with this id", s.ID))
		}
		seen[s.ID] = true
		faults = append(faults, s.complete(lookup)...)
	}
	return all, errors.Join(faults...)
}

const (
	clientIDSuffix   = "_CLIENT_ID"
	secretSuffix     = "_CLIENT_SECRET"
	privateKeySuffix = "_PRIVATE_KEY"
)

// variable returns the environment variable of a provider.
func variable(id, suffix string) string {
	return "LATCHKEY_" + strings.ToUpper(strings.ReplaceAll(id, "-", "_")) + suffix
}

// IsVariable reports whether an environment variable has the form of one that Load looks up.
func IsVariable(name string) bool { return variableForm.MatchString(name) }

// Strays returns one warning for each variable of environ ("NAME=value") that has the form of one that Load looks up and
// is of no provider, with the nearest name of one. Values are not told.
func Strays(environ []string, settings []Settings) []string {
	ids := Presets()
	for _, s := range settings {
		ids = append(ids, s.ID)
	}
	var warnings []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		found := variableForm.FindStringSubmatch(strings.TrimSuffix(name, "_FILE"))
		if found == nil {
			continue
		}
		known := make([]string, len(ids))
		for i, id := range ids {
			known[i] = variable(id, found[1])
		}
		configured := func(s Settings) bool { return variable(s.ID, found[1]) == found[0] }
		if slices.ContainsFunc(settings, configured) {
			continue
		}
		warning := name + " is of no provider and is ignored"
		if near := text.Nearest(found[0], known, nearIs); len(near) > 0 && near[0] != found[0] {
			warning += ": did you mean " + near[0] + strings.TrimPrefix(name, found[0]) + "?"
		} else if slices.Contains(known, found[0]) {
			warning += ": " + variable(idOf(found[0], found[1]), clientIDSuffix) + " is missing"
		}
		warnings = append(warnings, warning)
	}
	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// nearIs is how many letters a mistyped name may differ in.
const nearIs = 3

// idOf is the id of a preset by one of its variables.
func idOf(name, suffix string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(name, "LATCHKEY_"), suffix))
}

var (
	variableForm = regexp.MustCompile(`^LATCHKEY_[A-Z][A-Z0-9_]*(_CLIENT_ID|_CLIENT_SECRET|_PRIVATE_KEY)$`)
	idForm       = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)
)

// complete adds what variables and the preset say, and returns what is wrong.
func (s *Settings) complete(lookup Lookup) []error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: "+format, append([]any{cmp.Or(s.ID, "a provider without an id")}, args...)...))
	}
	if !idForm.MatchString(s.ID) {
		fault("an id has letters from a to z, digits and hyphens, begins with a letter, and has at most 30 characters")
		return faults
	}
	known, ok := presets[s.Preset]
	if !ok {
		fault("there is no preset %q; the presets are %s", s.Preset, strings.Join(Presets(), ", "))
		return faults
	}
	s.Name = cmp.Or(s.Name, known.name)
	faults = append(faults, s.lookUp(lookup)...)
	for _, key := range s.given() {
		if !slices.Contains(known.settings, key) {
			fault("%s is no setting of the preset %s", key, s.Preset)
		}
	}
	if s.ClientID == "" {
		fault("client_id is missing: give it in the file or as %s", variable(s.ID, clientIDSuffix))
	}
	for _, problem := range s.problems(known) {
		fault("%s", problem)
	}
	return faults
}

// lookUp reads the variables of a provider.
func (s *Settings) lookUp(lookup Lookup) []error {
	var faults []error
	find := func(suffix string) secret.Text {
		value, err := lookup(variable(s.ID, suffix))
		if err != nil {
			faults = append(faults, err)
		}
		return value
	}
	if id := find(clientIDSuffix); s.ClientID == "" {
		s.ClientID = id.Reveal() // which is no secret
	}
	s.ClientSecret, s.PrivateKey = find(secretSuffix), find(privateKeySuffix)
	return faults
}

// given returns the keys that are set and that not all presets take.
func (s *Settings) given() []string {
	set := map[string]bool{
		"issuer": s.Issuer != "", "tenant": s.Tenant != "", "tenants": len(s.Tenants) > 0, "team_id": s.TeamID != "", "key_id": s.KeyID != "",
		"authorization_url": s.AuthorizationURL != "", "token_url": s.TokenURL != "", "userinfo_url": s.UserinfoURL != "",
		"token_auth": s.TokenAuth != "", "mapping": s.Mapping != Mapping{}, "trust_email_domains": len(s.TrustEmailDomains) > 0,
		"trust_second_factor": s.TrustSecondFactor, "native_client_ids": len(s.NativeClientIDs) > 0, "private_network": s.PrivateNetwork,
	}
	maps.DeleteFunc(set, func(_ string, isSet bool) bool { return !isSet })
	return slices.Sorted(maps.Keys(set))
}

// problems returns what is wrong with the values.
func (s *Settings) problems(known preset) []string {
	var problems []string
	need := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, problem)
		}
	}
	switch s.Preset {
	case presetApple:
		need(s.TeamID != "" && s.KeyID != "", "team_id and key_id are missing, which Apple needs, in the file")
		if err := secret.CheckES256Key(s.PrivateKey); err != nil {
			need(false, variable(s.ID, privateKeySuffix)+" is "+err.Error())
		}
	case presetMicrosoft:
		need(slices.Contains([]string{"common", "organizations", "consumers"}, s.tenantWord()) || isTenantID(s.tenantWord()), "tenant must be the id of one, common, organizations or consumers")
		for _, tenant := range s.Tenants {
			need(isTenantID(strings.ToLower(tenant)), "tenants must be ids, such as 8d4bcd21-7a36-4c51-8c4a-2b3c1b1c7a10")
		}
	case "oidc":
		need(s.Issuer != "", "issuer is missing")
	case "oauth2":
		need(s.AuthorizationURL != "" && s.TokenURL != "" && s.UserinfoURL != "", "authorization_url, token_url and userinfo_url are needed")
		need(s.Mapping.Subject != "", "mapping needs subject: the name by which userinfo gives an id that never changes")
	}
	need(s.TokenAuth == "" || s.TokenAuth == "basic" || s.TokenAuth == "post", "token_auth must be basic or post")
	need(s.Preset == presetApple || known.mayLackSecret || s.ClientSecret != "", "the secret is missing: give it as "+variable(s.ID, secretSuffix)+", or a file with it as "+variable(s.ID, secretSuffix)+"_FILE")
	for _, address := range []string{s.Issuer, s.AuthorizationURL, s.TokenURL, s.UserinfoURL} {
		u, err := url.Parse(address)
		need(address == "" || err == nil && u.Host != "" && u.User == nil && (outbound.Reach{Loopback: true}).Accepts(u), fmt.Sprintf("%q must begin with https://", address))
	}
	need(!known.isOpenID || len(s.Scopes) == 0 || slices.Contains(s.Scopes, "openid"), "scopes must have openid")
	return problems
}

func (s *Settings) tenantWord() string { return cmp.Or(strings.ToLower(s.Tenant), "common") }
