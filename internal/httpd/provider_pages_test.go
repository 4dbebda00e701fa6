package httpd_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var everyProvider = func() (all []provider.Info) {
	for _, preset := range provider.Presets() {
		all = append(all, provider.Info{ID: preset, Name: "The " + preset, Preset: preset})
	}
	return append(all, provider.Info{ID: "company", Name: "Example <Corp>", Preset: "oidc"})
}()

// offering starts a server whose pages have buttons for providers.
func offering(t *testing.T, domain *answers, change ...func(*httpd.Config)) *world {
	t.Helper()
	return start(t, func(c *httpd.Config) {
		c.PublicURL, c.Providers, c.Cookies = "https://accounts.example", domain, httpd.NewCookies(true, "")
		c.Forms.Providers = everyProvider
		for _, how := range change {
			how(c)
		}
	})
}

// follow opens an address as a click on a link of a site does.
func (w *world) follow(path, site string, cookies ...*http.Cookie) reply {
	w.t.Helper()
	r := w.request(http.MethodGet, path, "")
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return w.do(r)
}

func verifierOf(t *testing.T, got reply) *http.Cookie {
	t.Helper()
	for _, line := range got.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if cookie.Name == "__Host-latchkey_provider" {
			return cookie
		}
	}
	return nil
}

func TestPagesHaveButtonsForProvidersInTheirOrder(t *testing.T) {
	t.Parallel()
	w := offering(t, &answers{})
	for path, prefix := range map[string]string{"/sign-in": "Continue with ", "/sign-up": "Continue with ", "/account": "Connect ", "/": "Continue with "} {
		got := w.get(path)
		at := 0
		for _, p := range everyProvider {
			next := strings.Index(got.body, prefix+html.EscapeString(p.Name)+"<")
			if next < at {
				t.Errorf("%s: the button of %s is missing or at the wrong place", path, p.ID)
			}
			at = next
		}
		marks := regexp.MustCompile(`<img src="([^"]*)"`).FindAllStringSubmatch(got.body, -1)
		if len(marks) != len(everyProvider) {
			t.Errorf("%s: got %d marks, want %d", path, len(marks), len(everyProvider))
		}
		total := zipped(t, []byte(got.body))
		seen := map[string]bool{}
		for _, found := range regexp.MustCompile(`(?:src|href)="(assets/[^"]*)"`).FindAllStringSubmatch(got.body, -1) {
			if file := w.get("/" + found[1]); file.status != http.StatusOK {
				t.Errorf("%s: %s is not there", path, found[1])
			} else if !seen[found[1]] {
				seen[found[1]] = true
				total += zipped(t, []byte(file.body))
			}
		}
		if total > 60_000 {
			t.Errorf("%s: %d bytes compressed, with everything that it loads", path, total)
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self';") || strings.Contains(policy, "https:") {
			t.Errorf("%s: the policy is %s", path, policy)
		}
	}
	wantIn(t, w.get("/sign-in?return_to=/elsewhere").body, `href="provider?id=github&amp;return_to=%2Felsewhere"`)
	wantNotIn(t, w.get("/sign-in?return_to=https://evil.example").body, "evil")
	wantIn(t, w.get("/account").body, `href="provider?for=account&amp;id=github"`)

	for name, change := range map[string]func(*httpd.Config){
		"without providers": func(c *httpd.Config) { c.Forms.Providers = nil },
		"without pages":     func(c *httpd.Config) { c.PagesOff = true },
	} {
		w := offering(t, &answers{}, change)
		wantNotIn(t, w.get("/").body+w.get("/sign-in").body, `class="provider"`, `data-panel="provider`)
		if got := w.follow("/provider?id=github", "same-origin"); got.status != http.StatusNotFound {
			t.Errorf("%s: got status %d, want 404", name, got.status)
		}
	}
}

func TestAPageBindsASignInWithAProviderToItsBrowser(t *testing.T) {
	t.Parallel()
	domain := &answers{}
	w := offering(t, domain)
	got := w.follow("/provider?id=github&return_to=/elsewhere", "same-origin")
	wantStatus(t, got, http.StatusSeeOther)
	if got.header.Get("Location") != "https://id.example/authorize?state=s" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("got the headers %v", got.header)
	}
	cookie := verifierOf(t, got)
	if cookie == nil || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 900 {
		t.Fatal("the cookie is missing, or not as safe as it could be")
	}
	if domain.begun.Challenge != base64.RawURLEncoding.EncodeToString(secret.Digest(secret.Text(cookie.Value))) {
		t.Error("the challenge is not that of the verifier in the cookie")
	}
	if domain.begun.Provider != "github" || domain.begun.OwnPage != "provider-return?return_to=%2Felsewhere" || domain.begun.RedirectURL != "" {
		t.Errorf("it began with %s, and leads back to %q", domain.begun.Provider, domain.begun.OwnPage)
	}
	if other := verifierOf(t, w.follow("/provider?id=github", "same-origin")); other.Value == cookie.Value {
		t.Error("two sign-ins have the same verifier")
	}

	for _, query := range []string{"", "?error=ACCESS_DENIED", "?error=x", "?code="} {
		if verifierOf(t, w.follow("/provider-return"+query, "cross-site", cookie)) != nil {
			t.Errorf("%q from anywhere ends the sign-in", query)
		}
	}
	back := w.follow("/provider-return?code=lk_pco_x&return_to=/elsewhere", "cross-site", cookie)
	wantStatus(t, back, http.StatusOK)
	if cleared := verifierOf(t, back); cleared == nil || cleared.MaxAge >= 0 {
		t.Error("the cookie stays when it has done its work")
	}
	var finish struct{ Code, Verifier string }
	found := regexp.MustCompile(`data-provider-return="([^"]*)"`).FindStringSubmatch(back.body)
	if found == nil || json.Unmarshal([]byte(html.UnescapeString(found[1])), &finish) != nil || finish.Code != "lk_pco_x" || finish.Verifier != cookie.Value {
		t.Error("the script does not get the code and the verifier")
	}
	wantIn(t, back.body, `data-page="sign-in"`, `data-return-to="/elsewhere"`)
	if back.header.Get("Cache-Control") != "no-store" {
		t.Error("the page may be kept")
	}
	wantIn(t, w.follow("/provider-return?code=lk_pco_x&for=account", "cross-site", cookie).body, `data-page="account"`, "data-provider-return=")
}

func TestACodeInAnotherBrowserDoesNothing(t *testing.T) {
	t.Parallel()
	w := offering(t, &answers{})
	twice := []*http.Cookie{{Name: "__Host-latchkey_provider", Value: "a"}, {Name: "__Host-latchkey_provider", Value: "b"}}
	for name, got := range map[string]reply{
		"no cookie":   w.follow("/provider-return?code=lk_pco_x", "cross-site"),
		"two cookies": w.follow("/provider-return?code=lk_pco_x", "cross-site", twice...),
		"no code":     w.follow("/provider-return", "cross-site", twice[0]),
		"a long code": w.follow("/provider-return?code="+strings.Repeat("x", 300), "cross-site", twice[0]),
		"a NUL":       w.follow("/provider-return?code=x%00", "cross-site", twice[0]),
	} {
		if got.status != http.StatusBadRequest || strings.Contains(got.body, "data-provider-return") || !strings.Contains(got.body, "began in another browser") {
			t.Errorf("%s: got status %d", name, got.status)
		}
	}
	for code, words := range map[string]string{"ACCESS_DENIED": "You were not signed in", "PROVIDER_FAILED": "could not sign you in", "<b>": "could not sign you in"} {
		got := w.follow("/provider-return?for=account&error="+url.QueryEscape(code), "cross-site")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, words, `data-page="account"`)
	}
}

// TestNoOtherSiteBeginsASignInWithAProvider would otherwise let a page of others connect an account at a provider in
// which it has signed its visitor.
func TestNoOtherSiteBeginsASignInWithAProvider(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]http.Header{
		"another site":           {"Sec-Fetch-Site": {"cross-site"}},
		"another host":           {"Sec-Fetch-Site": {"same-site"}},
		"a typed address":        {"Sec-Fetch-Site": {"none"}},
		"a prefetch":             {"Sec-Fetch-Site": {"same-origin"}, "Sec-Purpose": {"prefetch"}},
		"nowhere":                {},
		"a page, in old browser": {"Referer": {"https://evil.example/https://accounts.example/"}},
	} {
		domain := &answers{}
		w := offering(t, domain)
		r := w.request(http.MethodGet, "/provider?id=company&for=account&return_to=/x", "")
		for key, values := range header {
			r.Header[key] = values
		}
		got := w.do(r)
		if got.status != http.StatusOK || domain.begun.Provider != "" || verifierOf(t, got) != nil {
			t.Errorf("from %s: got status %d, and it may have begun", name, got.status)
		}
		wantIn(t, got.body, "Continue with Example &lt;Corp&gt;", `href="provider?for=account&amp;id=company&amp;return_to=%2Fx"`)
	}

	domain := &answers{}
	r := offering(t, domain).request(http.MethodGet, "/provider?id=company", "")
	r.Header.Set("Referer", "https://accounts.example/")
	recorder := httptest.NewRecorder()
	offering(t, domain).server.ServeHTTP(recorder, r)
	if recorder.Code != http.StatusSeeOther {
		t.Errorf("from a page of ours in an old browser: got status %d, want 303", recorder.Code)
	}
}

func TestASignInWithAProviderThatDoesNotBeginSaysWhy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		id     string
		err    error
		status int
		words  string
	}{
		{"nobody", nil, http.StatusNotFound, "You can&#39;t sign in with this service here."},
		{"github", auth.Problems{{Code: auth.ProviderFailed, Message: "no"}}, http.StatusBadGateway, "could not sign you in"},
		{"github", &auth.Error{Kind: auth.RateLimited, Message: "Too many attempts."}, http.StatusTooManyRequests, "Too many attempts."},
		{"github", errors.New("the database is down"), http.StatusInternalServerError, "Something went wrong"},
	} {
		got := offering(t, &answers{err: test.err}).follow("/provider?id="+test.id, "same-origin")
		wantStatus(t, got, test.status)
		wantIn(t, got.body, test.words)
		wantNotIn(t, got.body, "the database")
		if verifierOf(t, got) != nil {
			t.Errorf("%s: got a cookie, want none", test.id)
		}
	}
}

// TestAnInvitationIsAcceptedWithAProvider: the token of the invitation is in no address on the way there and back.
func TestAnInvitationIsAcceptedWithAProvider(t *testing.T) {
	t.Parallel()
	domain := &answers{}
	w := offering(t, domain)
	page := w.get("/invitation?token=lk_inv_x").body
	wantIn(t, page, `name="token" value="lk_inv_x"`, `href="provider?for=invitation&amp;id=github"`, "Continue with The github")
	got := w.follow("/provider?for=invitation&id=company", "same-origin")
	wantStatus(t, got, http.StatusSeeOther)
	if domain.begun.OwnPage != "provider-return?for=invitation" {
		t.Errorf("got the page %q", domain.begun.OwnPage)
	}
	back := w.follow("/provider-return?for=invitation&code=lk_pco_x", "cross-site", verifierOf(t, got))
	wantStatus(t, back, http.StatusOK)
	wantIn(t, back.body, `data-page="invitation"`, "data-provider-return=", `name="token" value=""`)
	denied := w.follow("/provider-return?for=invitation&error=ACCESS_DENIED", "cross-site").body
	wantIn(t, denied, `data-page="invitation"`, "You were not signed in")
	wantNotIn(t, denied, "data-provider-return=")
}

func TestACallbackLeadsBackToOurOwnPage(t *testing.T) {
	t.Parallel()
	domain := &answers{back: &auth.ProviderReturn{RedirectURL: "provider-return?return_to=%2Fx", Parameter: "code", Value: "one"}}
	w := offering(t, domain, func(c *httpd.Config) { c.PublicURL = "https://accounts.example/auth/" })
	got := w.follow("/callback/github?state=s&code=c", "cross-site")
	wantStatus(t, got, http.StatusSeeOther)
	if to := got.header.Get("Location"); to != "https://accounts.example/auth/provider-return?code=one&return_to=%2Fx" {
		t.Errorf("got %q", to)
	}
	// A page at a deeper address finds its stylesheet and its icon.
	domain.err = auth.Problems{{Code: auth.InvalidToken}}
	wantIn(t, w.follow("/callback/github?state=s&code=c", "cross-site").body, `href="../assets/style.`, `href="../favicon.ico"`, "Go back and start again.")
}

func TestAPageForSigningInFromBeforeProvidersCanFinishThem(t *testing.T) {
	t.Parallel()
	const fields = `<form method="post" data-form="sign-in"><input name="login"><input name="password"></form><form data-form="code-request"></form><form data-form="code"></form>`
	for name, own := range map[string]string{"has none of it": fields, "has the buttons": fields + `{{template "provider_buttons" .}}`, "has all": fields + `{{template "provider_panels" .}}{{template "provider_buttons" .}}`} {
		pages, err := httpd.LoadPages(folder(t, map[string]string{"sign_in.html": `{{define "content"}}<p>Ours</p>` + own + `{{end}}`}))
		if err != nil {
			t.Fatal(err)
		}
		body := offering(t, &answers{}, func(c *httpd.Config) { c.Pages = pages }).get("/sign-in").body
		for _, part := range []string{"<p>Ours</p>", `data-form="provider-email"`, `data-form="provider-code"`, "Continue with The github", `data-form="enroll"`} {
			if strings.Count(body, part) != 1 {
				t.Errorf("%s: the page has %q %d times, want once", name, part, strings.Count(body, part))
			}
		}
	}
}
