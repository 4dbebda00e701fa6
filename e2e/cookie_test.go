package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// answered is an answer with its headers.
type answered struct {
	status int
	header http.Header
	body   string
}

// post sends a GraphQL document with headers.
func (p *process) post(header http.Header, document string) answered {
	p.t.Helper()
	body, err := json.Marshal(map[string]any{"query": document})
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header = header.Clone()
	if request.Header.Get("Content-Type") == "" {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answered{status: response.StatusCode, header: response.Header, body: string(read)}
}

const cookieLogin = `mutation { login(input: {email: "` + email + `", password: "` + password + `", delivery: COOKIE}) { tokens { accessToken } errors { code } } }`

// TestABrowserSession logs in by cookie as a browser would, and as pages of other sites would make it.
func TestABrowserSession(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			account(t, settings)
			p := serve(t, settings, jwtMode, map[string]string{"LATCHKEY_PUBLIC_URL": "https://auth.example.com", "LATCHKEY_ALLOWED_ORIGINS": "https://app.example.com"})
			own := http.Header{"Origin": {"https://app.example.com"}, "Sec-Fetch-Site": {"same-site"}}

			for attack, header := range map[string]http.Header{
				"login CSRF with a foreign Origin":              {"Origin": {"https://evil.example"}},
				"login CSRF with Sec-Fetch-Site: cross-site":    {"Sec-Fetch-Site": {"cross-site"}},
				"login CSRF from a sibling that is not allowed": {"Origin": {"https://blog.example.com"}, "Sec-Fetch-Site": {"same-site"}},
				"login CSRF by a form":                          {"Origin": {"https://evil.example"}, "Content-Type": {"application/x-www-form-urlencoded"}},
				"login CSRF by text/plain":                      {"Content-Type": {"text/plain"}, "Sec-Fetch-Site": {"cross-site"}},
				"a form without an Origin":                      {"Content-Type": {"multipart/form-data; boundary=x"}},
				"text/plain without an Origin":                  {"Content-Type": {"text/plain"}},
			} {
				got := p.post(header, cookieLogin)
				if got.status != http.StatusForbidden && got.status != http.StatusUnsupportedMediaType || got.header.Get("Set-Cookie") != "" || got.header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s is answered with %d, cookies: %d", attack, got.status, len(got.header["Set-Cookie"]))
				}
			}

			got := p.post(own, cookieLogin)
			p.expect("log in by cookie", got.body, `{"data":{"login":{"tokens":{"accessToken":null},"errors":[]}}}`)
			if got.header.Get("Access-Control-Allow-Origin") != "https://app.example.com" || got.header.Get("Access-Control-Allow-Credentials") != "true" {
				t.Error("the page of the frontend may not read the answer")
			}
			cookies, err := http.ParseSetCookie(got.header.Get("Set-Cookie"))
			if err != nil {
				t.Fatal(err)
			}
			if cookies.Name != "__Host-latchkey" || !cookies.Secure || !cookies.HttpOnly || cookies.SameSite != http.SameSiteLaxMode || cookies.Path != "/" || cookies.Domain != "" {
				t.Errorf("the cookie is %s, Secure %v, HttpOnly %v, SameSite %v, Path %s, Domain %s", cookies.Name, cookies.Secure, cookies.HttpOnly, cookies.SameSite, cookies.Path, cookies.Domain)
			}

			own.Set("Cookie", cookies.Name+"="+cookies.Value)
			p.expect("me by cookie", p.post(own, `{ me { email } }`).body, `{"data":{"me":{"email":"`+email+`"}}}`)
			var refreshed struct {
				Data struct{ RefreshSession struct{ Tokens tokenPair } }
			}
			if err := json.Unmarshal([]byte(p.post(own, `mutation { refreshSession { tokens { accessToken refreshToken } } }`).body), &refreshed); err != nil {
				t.Fatal(err)
			}
			jwt := refreshed.Data.RefreshSession.Tokens
			if strings.Count(jwt.AccessToken, ".") != 2 || jwt.RefreshToken != "" {
				t.Error("the cookie does not get an access token, and that alone")
			}
			p.stopped("at the server that it was got from", jwt.AccessToken)

			for attack, header := range map[string]http.Header{
				"a foreign Origin":           {"Origin": {"https://evil.example"}},
				"Sec-Fetch-Site: cross-site": {"Sec-Fetch-Site": {"cross-site"}},
				"Origin: null":               {"Origin": {"null"}},
				"form post":                  {"Content-Type": {"application/x-www-form-urlencoded"}},
				"text/plain post":            {"Content-Type": {"text/plain"}},
			} {
				header.Set("Cookie", own.Get("Cookie"))
				if got := p.post(header, `mutation { logoutAll { endedCount } }`); got.status != http.StatusForbidden && got.status != http.StatusUnsupportedMediaType || got.header.Get("Set-Cookie") != "" {
					t.Errorf("with the cookie, %s is answered with %d", attack, got.status)
				}
			}
			p.expect("me after the attacks", p.post(own, `{ me { email } }`).body, `{"data":{"me":{"email":"`+email+`"}}}`)

			out := p.post(own, `mutation { logout { errors { code } } }`)
			if line := out.header.Get("Set-Cookie"); !strings.HasPrefix(line, "__Host-latchkey=; ") || !strings.Contains(line, "Max-Age=0") {
				t.Errorf("after the logout the cookie is set to %d bytes", len(line))
			}
			gone := p.post(own, `{ me { email } }`)
			if !strings.Contains(gone.body, `"UNAUTHENTICATED"`) || gone.header.Get("WWW-Authenticate") != "" {
				t.Errorf("after the logout: %s, asked for %q", gone.body, gone.header.Get("WWW-Authenticate"))
			}
			noSecrets(t, p)
			noJWTs(t, p)
		})
	}
}

// TestBasicNeedsACoveredConnection: it is TLS, or a trusted proxy that says so.
func TestBasicNeedsACoveredConnection(t *testing.T) {
	t.Parallel()
	settings := databases["SQLite"](t)
	account(t, settings)
	on := map[string]string{"LATCHKEY_BASIC_AUTH": "true"}
	basic := http.Header{}
	request := http.Request{Header: basic}
	request.SetBasicAuth(email, password)
	covered := basic.Clone()
	covered.Set("X-Forwarded-Proto", "https")

	for name, test := range map[string]struct {
		settings map[string]string
		header   http.Header
		want     string
	}{
		"off":                                   {map[string]string{"LATCHKEY_TRUSTED_PROXIES": "127.0.0.1"}, covered, `"UNAUTHENTICATED"`},
		"plain":                                 {on, basic, `use https`},
		"plain, and says that it is not":        {on, covered, `use https`},
		"from a trusted proxy":                  {merged(on, map[string]string{"LATCHKEY_TRUSTED_PROXIES": "127.0.0.1"}), covered, `{"data":{"me":{"email":"` + email + `"}}}`},
		"from a trusted proxy, over plain http": {merged(on, map[string]string{"LATCHKEY_TRUSTED_PROXIES": "127.0.0.1"}), basic, `use https`},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, settings, test.settings)
			if got := p.post(test.header, `{ me { email } }`); !strings.Contains(got.body, test.want) {
				t.Errorf("the answer is %s", got.body)
			}
			noSecrets(t, p)
		})
	}
}
