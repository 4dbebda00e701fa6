package httpd_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func basic(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ header, id, key string }{
		"a bearer":                 {"Bearer the-key", "", "the-key"},
		"a scheme in any case":     {"bEARER the-key", "", "the-key"},
		"more spaces than one":     {"Bearer   the-key", "", "the-key"},
		"an id and a key":          {basic("the-id:the-key"), "the-id", "the-key"},
		"basic in any case":        {strings.Replace(basic("i:k"), "Basic", "BASIC", 1), "i", "k"},
		"a colon in the key":       {basic("i:k:k"), "i", "k:k"},
		"what a form encodes":      {basic("a%3Ab+c:%25+%2B"), "a:b c", "% +"},
		"an id that is no id":      {basic("Ünï:k"), "Ünï", "k"},
		"no padding that is right": {"Basic aTpr", "i", "k"},
	} {
		t.Run(name+" is read", func(t *testing.T) {
			id, key, ok := httpd.ClientCredentials(http.Header{"Authorization": {c.header}})
			if !ok || id != c.id || key.Reveal() != c.key {
				t.Errorf("read %v: %q", ok, id)
			}
		})
	}
	for name, values := range map[string][]string{
		"nothing":                      nil,
		"an empty header":              {""},
		"a scheme alone":               {"Bearer"},
		"a scheme and a space":         {"Bearer "},
		"a key alone":                  {"the-key"},
		"another scheme":               {"Token the-key"},
		"a longer scheme":              {"Bearers the-key"},
		"two headers":                  {"Bearer the-key", "Bearer the-key"},
		"two words":                    {"Bearer the key"},
		"a tab":                        {"Bearer\tthe-key"},
		"a tab in the key":             {"Bearer the\tkey"},
		"no base64":                    {"Basic the-key!"},
		"base64 for URLs":              {"Basic __8_Og=="},
		"base64 with bits left over":   {"Basic aTpr" + "aR=="},
		"a wrong padding":              {"Basic aTpra"},
		"no colon":                     {basic("the-key")},
		"no id":                        {basic(":the-key")},
		"no key":                       {basic("the-id:")},
		"an escape in the id":          {basic("%zz:k")},
		"an escape in the key":         {basic("i:%zz")},
		"an id that decodes to no id":  {basic(":")},
		"two credentials with a comma": {"Bearer the-key, Basic aTpr"},
	} {
		t.Run(name+" is not read", func(t *testing.T) {
			if _, _, ok := httpd.ClientCredentials(http.Header{"Authorization": values}); ok {
				t.Error("got credentials, want none")
			}
		})
	}
}

// FuzzClientCredentials: whatever is read has a key; with an id it is what Basic encodes, and without
// one it is what stood there.
func FuzzClientCredentials(f *testing.F) {
	for _, seed := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer x", "bearer  x", "Bearer x y", "Basic", "Basic ", "Basic Og==", "Basic aTpr", "Basic aTo=", "Basic OmtleQ==",
		basic("a%3Ab:%25"), basic("%zz:%"), basic("\xff:\x00"), basic("a+b:c+d"), "Basic aTpr\n", "Bearer x\x00", "Bearer é", "Token x", "Basic " + strings.Repeat("A", 5000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		id, key, ok := httpd.ClientCredentials(http.Header{"Authorization": {header}})
		scheme, rest, _ := strings.Cut(header, " ")
		rest = strings.Trim(rest, " ")
		isBearer, isBasic := strings.EqualFold(scheme, "Bearer"), strings.EqualFold(scheme, "Basic")
		switch {
		case !ok:
			if id != "" || key != "" {
				t.Error("something was read of what is not read")
			}
		case key == "":
			t.Error("a key that is empty was read")
		case isBearer:
			if id != "" || key.Reveal() != rest || strings.ContainsAny(rest, " \t") {
				t.Error("got another key than stands there, want that")
			}
		case isBasic:
			decoded, err := base64.StdEncoding.DecodeString(rest)
			first, second, _ := strings.Cut(string(decoded), ":")
			wantID, errID := url.QueryUnescape(first)
			wantKey, errKey := url.QueryUnescape(second)
			if err != nil || errID != nil || errKey != nil || id == "" || id != wantID || key.Reveal() != wantKey {
				t.Error("got another pair than stands there, want that")
			}
		default:
			t.Error("got credentials of another scheme, want none")
		}
	})
}
