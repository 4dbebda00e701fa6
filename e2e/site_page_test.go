package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// visitor is the address from which the site is visited, another one than its own: all of 127.0.0.0/8
// is this machine on Linux.
const visitor = "127.0.0.2"

// from returns a transport whose connections come from an address.
func from(address string) *http.Transport {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Transport{DialContext: dialer.DialContext}
}

// TestTheServerRenderedSite visits the site of the page as a browser does, where access tokens are
// opaque and where they are JWTs.
func TestTheServerRenderedSite(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"opaque", "jwt"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": mode}
			account(t, settings)
			p := serve(t, settings, map[string]string{"LATCHKEY_TRUSTED_PROXIES": "127.0.0.1,::1"})
			address := freePort(t)
			example(t, command(t, buildGo(t, placed(program(t, "server-rendered-site.md", "main.go"), address, p.url))), address)
			site := "http://" + address
			jar, err := cookiejar.New(nil)
			if err != nil {
				t.Fatal(err)
			}
			browser := &http.Client{Jar: jar, Transport: from(visitor)}
			form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {site}, "Sec-Fetch-Site": {"same-origin"}, "User-Agent": {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}}
			visit := func(what, method, path, body, part string, status int) {
				t.Helper()
				got, _, text := askPage(t, browser, method, site+path, form, body)
				if got != status || !strings.Contains(text, part) {
					t.Fatalf("%s: %d %s", what, got, hideAll(text))
				}
				if hideAll(text) != text {
					t.Errorf("%s: a token is in the page", what)
				}
			}
			credentials := func(password string) string {
				return url.Values{"email": {email}, "password": {password}}.Encode()
			}
			const greeting = "Hello, Ada (ada@example.com)!"

			visit("before", http.MethodGet, "/", "", "Log in", http.StatusOK)
			visit("a wrong password", http.MethodPost, "/login", credentials("not this one"), `role="alert"`, http.StatusUnprocessableEntity)
			visit("logging in", http.MethodPost, "/login", credentials(password), greeting, http.StatusOK)
			visit("coming back", http.MethodGet, "/", "", greeting, http.StatusOK)

			here, err := url.Parse(site)
			if err != nil {
				t.Fatal(err)
			}
			cookies := jar.Cookies(here)
			if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "latchkey_") {
				t.Fatalf("the browser has %d cookies", len(cookies))
			}
			kept := http.Header{"Cookie": {"other=1; " + cookies[0].Name + "=" + cookies[0].Value}}
			if status, _, text := askPage(t, http.DefaultClient, http.MethodGet, site, kept, ""); status != http.StatusOK || !strings.Contains(text, greeting) {
				t.Errorf("with the cookie by hand: %d %s", status, hideAll(text))
			}

			foreign := http.Header{"Content-Type": form["Content-Type"], "Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}}
			for _, path := range []string{"/login", "/logout"} {
				if status, header, _ := askPage(t, browser, http.MethodPost, site+path, foreign, credentials(password)); status != http.StatusForbidden || header.Get("Set-Cookie") != "" {
					t.Errorf("%s of a foreign form: %d", path, status)
				}
			}
			visit("after the foreign forms", http.MethodGet, "/", "", greeting, http.StatusOK)

			visit("logging out", http.MethodPost, "/logout", "", "Log in", http.StatusOK)
			if len(jar.Cookies(here)) != 0 {
				t.Error("the browser has a cookie still")
			}
			if status, _, text := askPage(t, http.DefaultClient, http.MethodGet, site, kept, ""); status != http.StatusOK || strings.Contains(text, "Hello") {
				t.Errorf("after the logout the cookie opens %d %s", status, hideAll(text))
			}
			if trail, _, _ := latchkey(t, "", settings, "audit", "--json"); !strings.Contains(trail, `"device":"Firefox on Linux"`) || !strings.Contains(trail, `"ipAddress":"`+visitor+`"`) {
				t.Errorf("the audit trail does not tell the browser and its address:\n%s", trail)
			}

			token := p.login(password)
			setup := p.asked(token, `mutation { in: beginTotp { setup secret } }`, nil)
			secret, begun := fmt.Sprint(setup["secret"]), time.Now()
			confirmed := p.asked(token, `mutation($s: String!, $c: String!) { in: confirmTotp(input: {setup: $s, code: $c}) { recoveryCodes errors { code } } }`,
				map[string]any{"s": setup["setup"], "c": oathtool(t, secret, begun)})
			if codes, _ := confirmed["recoveryCodes"].([]any); len(codes) != 10 {
				t.Fatalf("the app is not set up: %v", confirmed["errors"])
			}
			_, _, text := askPage(t, browser, http.MethodPost, site+"/login", form, credentials(password))
			found := regexp.MustCompile(`name="challenge" value="([^"]+)"`).FindStringSubmatch(text)
			if found == nil || strings.Contains(text, "Hello") || len(jar.Cookies(here)) != 0 {
				t.Fatal("got no question for the second factor, or a session without it")
			}
			step := func(code string) string {
				return url.Values{"challenge": {found[1]}, "code": {code}, "trust": {"1"}}.Encode()
			}
			if status, _, text := askPage(t, browser, http.MethodPost, site+"/code", form, step("000000")); status != http.StatusUnprocessableEntity || !strings.Contains(text, `role="alert"`) {
				t.Errorf("a wrong code: %d, want the question again", status)
			}
			visit("the second factor", http.MethodPost, "/code", step(oathtool(t, secret, begun.Add(30*time.Second))), greeting, http.StatusOK)
			visit("logging out of a trusted device", http.MethodPost, "/logout", "", "Log in", http.StatusOK)
			visit("logging in on a trusted device", http.MethodPost, "/login", credentials(password), greeting, http.StatusOK)
			p.stop()
			visit("during an outage", http.MethodGet, "/", "", "try again", http.StatusServiceUnavailable)
			if len(jar.Cookies(here)) != 2 {
				t.Error("an outage takes the cookie away")
			}
		})
	}
}
