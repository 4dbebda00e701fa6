package auth_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// subscribed has fields of users and of operators.
const subscribed = `"nick": {"type": "string"},
	"plan": {"type": "string", "x-set-by": "operator"},
	"seats": {"type": "number", "x-set-by": "operator"},
	"company": {"type": "object", "properties": {"name": {"type": "string"}, "vat": {"type": "string", "x-set-by": "operator"}, "tier": {"x-set-by": "operator"}}},
	"billing": {"type": "object", "x-set-by": "operator", "properties": {"card": {"type": "string"}}}`

func claims(t *testing.T, config auth.Config, names ...string) auth.Claims {
	t.Helper()
	parsed, err := auth.ParseClaims(names, config.Profile)
	must(t, err)
	return parsed
}

func TestParseClaims(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Optional, subscribed, ``)
	claims(t, config)
	claims(t, config, "email", "role", "profile.plan", "profile.company.vat", "profile.billing", "profile.billing.card")
	claims(t, auth.Config{}, "email", "role")

	for name, why := range map[string]string{
		"name": "users choose it themselves", "username": "users choose it themselves", "profile": "users write most of it",
		"profile.nick": "users write some of it", "profile.company": "users write some of it", "profile.company.name": "users write some of it",
		"profile.plans": "does not declare", "profile.Plan": "does not declare", "profile.plan.x": "does not declare", "profile.billing.x": "does not declare",
		"profile.": "does not declare", "profile..plan": "does not declare", "plan": "is no claim", "Email": "is no claim",
		"iss": "is no claim", "sub": "is no claim", "exp": "is no claim", "roles": "is no claim", "email_verified": "is no claim", "passwordHash": "is no claim", "": "is no claim",
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			_, err := auth.ParseClaims([]string{"email", name}, config.Profile)
			if err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), `"x-set-by": "operator"`) {
				t.Errorf("the error is %v", err)
			}
		})
	}
	t.Run("tells every name that is wrong", func(t *testing.T) {
		_, err := auth.ParseClaims([]string{"sub", "email", "name", "email"}, nil)
		if err == nil || !strings.Contains(err.Error(), `"sub" is`) || !strings.Contains(err.Error(), `"name" is`) || !strings.Contains(err.Error(), `"email" stands there twice`) {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("without a schema there is nothing of a profile", func(t *testing.T) {
		if _, err := auth.ParseClaims([]string{"profile.plan"}, nil); err == nil {
			t.Error("got no error for a claim from the profile, want one")
		}
	})
}

func TestClaimsOfAUser(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Optional, subscribed, ``)
	user := &auth.User{
		Email: address.Email{Address: "Ada@lovelace.example", Canonical: ada}, Role: auth.RoleStaff, Name: "Ada", VerifiedAt: time.Unix(1, 0),
		Profile: `{"billing":{"card":"1","debt":0.1},"company":{"name":"eve","tier":[1,{"a":100000000000000000000}],"vat":"GB1"},"nick":"n","plan":"<pro>","seats":9007199254740993}`,
	}
	all := claims(t, config, "email", "role", "profile.plan", "profile.seats", "profile.company.vat", "profile.company.tier", "profile.billing")

	t.Run("are those that were asked for, to the digit", func(t *testing.T) {
		text, err := json.Marshal(all.Of(user))
		must(t, err)
		const want = `{"email":"Ada@lovelace.example","email_verified":true,"profile":{"billing":{"card":"1","debt":0.1},"company":{"tier":[1,{"a":100000000000000000000}],"vat":"GB1"},"plan":"\u003cpro\u003e","seats":9007199254740993},"role":"STAFF"}`
		if diff := cmp.Diff(want, string(text)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("hold no json.Number, which other encoders write as a text", func(t *testing.T) {
		want := map[string]any{"seats": int64(9007199254740993)}
		if diff := cmp.Diff(want, claims(t, config, "profile.seats").Of(user)["profile"]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a part and its whole do not disturb each other", func(t *testing.T) {
		want := map[string]any{"billing": map[string]any{"card": "1", "debt": 0.1}}
		for _, names := range [][]string{{"profile.billing", "profile.billing.card"}, {"profile.billing.card", "profile.billing"}} {
			if diff := cmp.Diff(want, claims(t, config, names...).Of(user)["profile"]); diff != "" {
				t.Errorf("%v (-want +got):\n%s", names, diff)
			}
		}
	})
	t.Run("leave out what is not there", func(t *testing.T) {
		for _, profile := range []profile.Profile{profile.Empty, `{"company":"x","nick":"plan"}`, `{"company":{"name":"x"}}`, "", "null", "[1]", "{"} {
			got := all.Of(&auth.User{Email: user.Email, Role: auth.RoleUser, Profile: profile})
			if diff := cmp.Diff(map[string]any{"email": "Ada@lovelace.example", "email_verified": false, "role": "USER"}, got); diff != "" {
				t.Errorf("of %s (-want +got):\n%s", profile, diff)
			}
		}
	})
	t.Run("are none unless they are asked for", func(t *testing.T) {
		if got := (auth.Claims{}).Of(user); len(got) != 0 {
			t.Errorf("there are %v", got)
		}
	})
	t.Run("leave out what no token can carry", func(t *testing.T) {
		fat := *user
		fat.Profile = profile.Profile(`{"plan":"` + strings.Repeat("<", 180) + `"}`) // six bytes each, as it may be written
		if _, there := all.Of(&fat)["profile"]; there {
			t.Error("got a claim \"profile\", want none")
		}
	})
}
