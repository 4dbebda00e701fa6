package graph

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// FuzzAuthorization sends anything as the Authorization header, beside a cookie. What is read of it is
// exactly one of a token, a name with a password, and a fault, which repeats nothing of what was sent.
func FuzzAuthorization(f *testing.F) {
	basic := func(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
	for _, seed := range []string{
		"", " ", "Bearer", "Bearer ", "Bearer lk_ses_x", "bEaReR\tx", "Token x", "Token x y", "Bearer \"x\"", "lk_ses_x", "Digest x", "Bearer x, Basic y",
		basic("ada:secret"), basic("ada@example.com:a:b:"), basic(":"), basic("ada"), basic("\xff:x"), basic("a:\x00"), basic("@:é"), "Basic", "Basic x y", "Basic YTpi=", "basic YTpi", "Basic YTo\n",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	faults := []*auth.Error{errSeveralHeaders, errNoScheme, errUnknownScheme, errNoToken, errSpaceInToken, errBasicMalformed, errBasicInClear, auth.ErrNotLoggedIn}
	f.Fuzz(func(t *testing.T, value string, secure bool) {
		request := httptest.NewRequestWithContext(auth.WithRequest(t.Context(), auth.Request{Secure: secure}), http.MethodPost, "/graphql", nil)
		request.Header = http.Header{"Authorization": {value}, "Cookie": {"latchkey=lk_ses_of-the-cookie"}}
		x := readRequestState(request, Options{Basic: true, Cookies: httpd.NewCookies(false, "")})

		read := 0
		for _, is := range []bool{x.token != "", x.basic != nil, x.fault != nil} {
			if is {
				read++
			}
		}
		words := append(strings.Fields(strings.ToLower(value)), "")
		isOurs := slices.Contains([]string{"bearer", "token", "basic"}, words[0])
		if read != 1 || x.byCookie == isOurs {
			t.Fatalf("got %d credentials and faults, want 1; by cookie: %v", read, x.byCookie)
		}
		scheme := strings.ToLower(strings.SplitN(strings.TrimSpace(value), " ", 2)[0])
		switch {
		case x.byCookie:
			if x.token != "lk_ses_of-the-cookie" {
				t.Error("got another token than that of the cookie")
			}
		case x.fault != nil:
			if !slices.Contains(faults, x.fault) {
				t.Error("a fault was made of what was sent")
			}
			for _, c := range x.challengeHeader(x.fault) {
				if c < ' ' || c > '~' {
					t.Errorf("the challenge has %q", c)
				}
			}
		case x.token != "":
			if strings.ContainsAny(x.token.Reveal(), " \t\r\n") || !strings.HasSuffix(strings.TrimSpace(value), x.token.Reveal()) {
				t.Error("got another token than stands there, want that")
			}
		case !secure:
			t.Error("a password was taken that others could read")
		default:
			if !strings.HasPrefix(scheme, "basic") {
				t.Error("a password was read of another scheme")
			}
			input := x.basic.Input
			name := input.Username + input.Email
			fields := strings.Fields(value)
			if pair := base64.StdEncoding.EncodeToString([]byte(name + ":" + input.Password.Reveal())); fields[len(fields)-1] != pair {
				t.Error("got another pair than stands there, want that")
			}
			if strings.Contains(name, ":") || input.Username != "" && input.Email != "" || strings.Contains(input.Username, "@") {
				t.Error("the name was not read as one")
			}
		}
	})
}
