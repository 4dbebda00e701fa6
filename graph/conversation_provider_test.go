package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// company is the providers of a conversation.
type company struct {
	*provider.Set
	there *providertest.Server
}

func newCompany(t *testing.T) company {
	t.Helper()
	there := providertest.Start(t)
	settings := there.Settings("company")
	settings.TrustEmailDomains = []string{"example.com"}
	return company{provider.New([]provider.Settings{settings}, provider.Options{PublicURL: "https://auth.example.com", Loopback: true}), there}
}

// provider has a browser go to the provider and back. What comes back has the name that the text begins with.
func (c *conversation) provider(where, text string) {
	c.t.Helper()
	name, claims, _ := strings.Cut(strings.TrimSpace(text), "\n")
	of, ok := c.world.Config().Providers.(company)
	if !ok {
		c.t.Fatalf("%s: there are no providers", where)
	}
	var person map[string]any
	if claims != "" {
		if err := json.Unmarshal([]byte(claims), &person); err != nil {
			c.t.Fatalf("%s: %v", where, err)
		}
	}
	of.there.SignIn(person)
	values := of.there.Authorize(c.t, c.values["authorization"])
	delete(c.values, "authorization") // the next one is another
	back, err := c.world.FinishProviderFlow(c.t.Context(), auth.ProviderCallback{
		Provider: "company", State: secret.Text(values.Get("state")),
		Answer: provider.Answer{Code: secret.Text(values.Get("code")), Issuer: values.Get("iss"), Error: values.Get("error")},
	})
	if err != nil {
		c.t.Fatalf("%s: %v", where, err)
	}
	c.values[name] = back.Value.Reveal()
}
