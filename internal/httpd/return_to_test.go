package httpd_test

import (
	"html"
	"net/url"
	"regexp"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

var returnTo = regexp.MustCompile(`data-return-to="([^"]*)"`)

func TestReturningAfterSigningIn(t *testing.T) {
	t.Parallel()
	redirects, err := address.ParseRedirectURLs("https://your-site.example/app/*?*")
	if err != nil {
		t.Fatal(err)
	}
	origins, err := httpd.NewOrigins("https://accounts.example/auth", []string{"https://admin.example:8443"}, false)
	if err != nil {
		t.Fatal(err)
	}
	w := start(t, func(c *httpd.Config) {
		c.PublicURL, c.RedirectURLs, c.Origins = "https://accounts.example/auth", redirects, origins
	})
	const ignored = "account"

	for given, want := range map[string]string{
		"":                                    ignored,
		"account":                             "/auth/account",
		"email-change":                        "/auth/email-change",
		"/auth/account?a=b":                   "/auth/account?a=b",
		"https://accounts.example/auth/x":     "/auth/x",
		"https://ACCOUNTS.example:443/auth/x": "/auth/x",
		"/app":                                "/app", // the product may be at the same origin
		"https://accounts.example/app":        "/app",
		"https://your-site.example/app":       "https://your-site.example/app",
		"https://your-site.example/app/a?b=c": "https://your-site.example/app/a?b=c",
		"https://admin.example:8443/users":    "https://admin.example:8443/users",

		"http://accounts.example/auth/x":                  ignored,
		"https://your-site.example/":                      ignored,
		"https://your-site.example/apple":                 ignored,
		"https://your-site.example/app/../x":              ignored,
		"https://your-site.example/app/%2e%2e/x":          ignored,
		"https://admin.example/users":                     ignored, // another port
		"https://evil.example/":                           ignored,
		"//evil.example/":                                 ignored,
		"///evil.example/":                                ignored,
		`/\evil.example/`:                                 ignored,
		`\\evil.example`:                                  ignored,
		"https:evil.example":                              ignored,
		"https://evil.example\\@accounts.example/":        ignored,
		"https://accounts.example@evil.example/":          ignored,
		"https://accounts.example.evil.example/":          ignored,
		"javascript:alert(1)":                             ignored,
		"JavaScript:alert(1)//https://admin.example:8443": ignored,
		"data:text/html,x":                                ignored,
		"/auth/\t/evil.example":                           ignored,
		"\t//evil.example":                                ignored,
		"https://admin.example:8443\n":                    ignored,
		"/auth/x?token=lk_rst_x":                          ignored,
		"/auth/x#y":                                       ignored,

		// They would connect an account at a provider that nobody asked for.
		"/auth/provider?id=github&for=account":                             ignored,
		"https://accounts.example/auth/provider?id=github&for=account":     ignored,
		"https://accounts.example:443/auth/PROVIDER?id=github&for=account": ignored,
		"/auth/%70rovider?id=github&for=account":                           ignored,
		"/auth//provider?id=github&for=account":                            ignored,
		"/auth/x/../provider?id=github&for=account":                        ignored,
		"provider?id=github&for=account":                                   ignored,
		"provider":                                                         ignored,
		"provider-return?code=x":                                           ignored,
		"/auth/callback/github?code=x":                                     ignored,
		"/auth/providers":                                                  "/auth/providers",
	} {
		got := returnTo.FindStringSubmatch(w.get("/sign-in?return_to=" + url.QueryEscape(given)).body)
		if len(got) != 2 || html.UnescapeString(got[1]) != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}

	t.Run("two of them are none", func(t *testing.T) {
		wantIn(t, w.get("/sign-in?return_to=account&return_to=email-change").body, `data-return-to="account"`, `href="sign-up"`)
	})
	t.Run("the pages hand it on", func(t *testing.T) {
		wantIn(t, w.get("/sign-in?return_to=https://your-site.example/app").body, `href="sign-up?return_to=https%3A%2F%2Fyour-site.example%2Fapp"`)
		wantIn(t, w.get("/sign-up?return_to=https://your-site.example/app").body, `href="sign-in?return_to=https%3A%2F%2Fyour-site.example%2Fapp"`)
	})
	t.Run("without a public URL nothing is taken", func(t *testing.T) {
		wantIn(t, start(t, nil).get("/sign-in?return_to=/x").body, `data-return-to="account"`)
	})
}
