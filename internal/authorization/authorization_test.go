package authorization_test

import (
	"encoding/base64"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/authorization"
)

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestATokenIsTheOneWordAfterTheScheme(t *testing.T) {
	for value, want := range map[string]string{
		"Bearer x": "x", "bEARER   x ": "x", "Bearer\tx": "x", "Bearer": "", "Bearer ": "", "Bearer x y": "", "": "", "x": "",
	} {
		h := authorization.Parse(value)
		token, ok := h.Token()
		if token.Reveal() != want || ok != (want != "") {
			t.Errorf("%q has the token %q, %t; want %q", value, token.Reveal(), ok, want)
		}
		if got, want := h.Is("Bearer"), value != "" && value != "x"; got != want {
			t.Errorf("%q is Bearer: %t, want %t", value, got, want)
		}
		if got, want := h.Empty(), value == ""; got != want {
			t.Errorf("%q is empty: %t, want %t", value, got, want)
		}
	}
}

func TestAPairIsANameAndAPassword(t *testing.T) {
	for value, want := range map[string][2]string{
		basic("ada:hush"): {"ada", "hush"}, basic("a:b:c"): {"a", "b:c"}, basic(":"): {}, basic("é:ü"): {"é", "ü"}, "basic aTpr": {"i", "k"},
	} {
		name, password, ok := authorization.Parse(value).Pair()
		if !ok || name != want[0] || password.Reveal() != want[1] {
			t.Errorf("%q has %q and a password of %d bytes, %t; want %q", value, name, len(password), ok, want[0])
		}
	}
	for _, value := range []string{
		"", "Basic", "Basic !", "Basic aTpr x", "Basic __8_Og==", "Basic aTpraR==", "Basic aTpra", basic("ada"), basic("a:\x00"), basic("\xff:x"),
	} {
		if name, password, ok := authorization.Parse(value).Pair(); ok || name != "" || password != "" {
			t.Errorf("%q has a pair", value)
		}
	}
}
