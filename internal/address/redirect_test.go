package address_test

import (
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/address"
)

const app = "https://app.example/a"

// redirects is a list of the entries.
func redirects(t testing.TB, entries ...string) address.RedirectURLs {
	t.Helper()
	list, err := address.ParseRedirectURLs(entries...)
	if err != nil {
		t.Fatalf("the entries %q: %v", entries, err)
	}
	return list
}

func TestPagesThatALinkMayLeadTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ entry, given, mailed string }{
		{app, "https://app.example/a", "https://app.example/a"},
		{app + "/*", "https://app.example/a", "https://app.example/a"},
		{app + "/*", "https://app.example/a/", "https://app.example/a/"},
		{app + "/*", "https://app.example/a/b/c", "https://app.example/a/b/c"},
		{app + "/*", "https://app.example/a/...", "https://app.example/a/..."},
		{app, "HTTPS://App.Example:443/a", "https://app.example/a"},
		{app, "https://app.example:0443/a", "https://app.example/a"},
		{app, "https://app.example:/a?", "https://app.example/a"},
		{"https://app.example:443/a", "https://app.example/a", "https://app.example/a"},
		{"https://app.example:8443/a", "https://app.example:8443/a", "https://app.example:8443/a"},
		{"https://app.example", "https://app.example", "https://app.example/"},
		{"https://app.example/*", "https://app.example", "https://app.example/"},
		{"https://app.example/*", "https://app.example/any/page", "https://app.example/any/page"},
		{"https://app.example/", "https://app.example", "https://app.example/"},
		{"https://app.example/a/", "https://app.example/a/", "https://app.example/a/"},
		{"https://bücher.example/é/*", "https://XN--BCHER-KVA.example/%c3%A9/ü", "https://xn--bcher-kva.example/%C3%A9/%C3%BC"},
		{"https://bücher.example/", "https://BÜCHER.example/", "https://xn--bcher-kva.example/"},
		{"http://localhost:3000/*", "http://localhost:3000/x", "http://localhost:3000/x"},
		{"http://localhost/*", "http://localhost:80/x", "http://localhost/x"},
		{"http://127.0.0.1:3000/*", "http://127.0.0.1:3000/x", "http://127.0.0.1:3000/x"},
		{"http://[::1]:3000/*", "http://[0:0::1]:3000/x", "http://[::1]:3000/x"},
		{app + "?*", "https://app.example/a", "https://app.example/a"},
		{app + "/*?*", "https://app.example/a/b?x=1", "https://app.example/a/b?x=1"},
		{app + "?*", "https://app.example/a?x=1&y", "https://app.example/a?x=1&y"},
		{app + "?*", "https://app.example/a?b=2&a=1&&b=3&e=", "https://app.example/a?b=2&a=1&b=3&e="},
		{app + "?*", "https://app.example/a?next=/b/c&q=a+b%20c&r=é%2b%26", "https://app.example/a?next=/b/c&q=a%20b%20c&r=%C3%A9%2B%26"},
		{app + "?*", "https://app.example/a?tokens=1&x=token", "https://app.example/a?tokens=1&x=token"},
		{app + "/*?*", `https://app.example/a/"<b>"'?q="<b>"'`, "https://app.example/a/%22%3Cb%3E%22%27?q=%22%3Cb%3E%22%27"},
	} {
		t.Run(c.given+" is one for "+c.entry, func(t *testing.T) {
			got, ok := redirects(t, "https://other.example/x", c.entry).Allow(c.given)
			if !ok || got != c.mailed {
				t.Errorf("got %q, %t; want %q", got, ok, c.mailed)
			}
		})
	}
}

// elsewhere are no pages for any entry, or not for those of the test.
var elsewhere = map[string]string{
	"nothing":                      "",
	"a path alone":                 "/a",
	"no scheme":                    "//app.example/a",
	"another scheme":               "http://app.example/a",
	"a scheme that runs a program": "javascript://app.example/a",
	"a scheme without slashes":     "https:app.example/a",
	"one slash":                    "https:/app.example/a",
	"three slashes":                "https:///app.example/a",
	"another host":                 "https://evil.example/a",
	"a host below":                 "https://x.app.example/a",
	"a host that begins alike":     "https://app.example.evil.example/a",
	"a host that ends alike":       "https://evilapp.example/a",
	"a host with a dot at its end": "https://app.example./a",
	"an escaped host":              "https://app%2Eexample/a",
	"a host escaped otherwise":     "https://%61pp.example/a",
	"a wildcard host":              "https://*.example/a",
	"a host of other letters":      "https://\u0430pp.example/a",
	"another port":                 "https://app.example:8443/a",
	"the port of another scheme":   "https://app.example:80/a",
	"port 0":                       "https://app.example:0/a",
	"a port that wraps around":     "https://app.example:65979/a",
	"a port that is none":          "https://app.example:x/a",
	"a user":                       "https://ada@app.example/a",
	"a user and a password":        "https://app.example:pw@evil.example/a",
	"an empty user":                "https://@app.example/a",
	"a host as the user":           "https://app.example@evil.example/a",
	"a path that begins alike":     "https://app.example/ab",
	"a path in capitals":           "https://app.example/A",
	"a path above":                 "https://app.example/",
	"no path":                      "https://app.example",
	"a double slash":               "https://app.example//a",
	"a double slash below":         "https://app.example/a//b",
	"two dots":                     "https://app.example/a/../b",
	"two dots at the end":          "https://app.example/a/..",
	"one dot":                      "https://app.example/a/./b",
	"an escaped dot":               "https://app.example/a/%2e%2E/b",
	"half an escaped dot":          "https://app.example/a/.%2E/b",
	"an escaped slash":             "https://app.example/a%2Fb",
	"an escaped slash in small":    "https://app.example/a/b%2f..",
	"an escaped backslash":         "https://app.example/a/%5c..",
	"an escaped escape":            "https://app.example/a/%252e%252e/b",
	"dots with a parameter":        "https://app.example/a/..;/b",
	"a backslash":                  `https://app.example/a\b`,
	"a backslash before the host":  `https:\\app.example/a`,
	"a backslash for a user":       `https://evil.example\@app.example/a`,
	"a fragment":                   "https://app.example/a#b",
	"an empty fragment":            "https://app.example/a#",
	"a space":                      "https://app.example/a b",
	"a space in front":             " https://app.example/a",
	"a space behind":               "https://app.example/a ",
	"a line break":                 "https://app.example/a\n",
	"a tab in the scheme":          "ht\ttps://app.example/a",
	"a NUL":                        "https://app.example/a\x00",
	"an escaped NUL":               "https://app.example/a/%00",
	"an escaped line break":        "https://app.example/a?x=%0d%0AX-Header:1",
	"a mark of direction":          "https://app.example/a\u202e",
	"no UTF-8":                     "https://app.example/a\xff",
	"escaped bytes of no text":     "https://app.example/a/%ff",
	"a broken escape":              "https://app.example/a/%zz",
	"a broken escape in the query": "https://app.example/a?x=%zz",
	"a token of its own":           "https://app.example/a?token=x",
	"a token without a value":      "https://app.example/a?x=1&token",
	"an escaped token":             "https://app.example/a?%74oken=x",
	"a token in capitals":          "https://app.example/a?Token=x",
	"a token behind a semicolon":   "https://app.example/a?x=1;token=y",
	"an escaped slash in a query":  "https://app.example/a?next=%2Fb",
	"what is too long":             "https://app.example/a?x=" + strings.Repeat("x", 2000),
	"what is too long escaped":     "https://app.example/a?x=" + strings.Repeat("é", 900),
}

func TestPagesThatNoLinkLeadsTo(t *testing.T) {
	t.Parallel()
	list := redirects(t, app+"/*?*")
	for name, given := range elsewhere {
		t.Run(name, func(t *testing.T) {
			if got, ok := list.Allow(given); ok {
				t.Errorf("%q is allowed, as %q", given, got)
			}
		})
	}
	t.Run("2,000 bytes are not too long", func(t *testing.T) {
		longest := app + "?" + strings.Repeat("x", 2000-len(app)-1)
		if _, ok := list.Allow(longest); !ok {
			t.Error("got a refusal of 2,000 bytes, want them allowed")
		}
		if _, ok := list.Allow(longest + "x"); ok {
			t.Error("got a longer URL allowed, want it refused")
		}
	})
	t.Run("without a list, nothing is allowed", func(t *testing.T) {
		if got, ok := address.RedirectURLs(nil).Allow(app); ok {
			t.Errorf("%q is", got)
		}
	})
	for _, c := range [][2]string{
		{app, app + "/b"},
		{app, app + "?x=1"},
		{app, app + "/"},
		{app + "?*", app + "/b?x=1"},
		{app + "/*", app + "/b?x=1"},
		{app + "/*", app + "b"},
		{"https://app.example", app},
		{app + "/", app + "/b"},
	} {
		entry, given := c[0], c[1]
		t.Run("the entry "+entry+" has no page "+given, func(t *testing.T) {
			if got, ok := redirects(t, entry).Allow(given); ok {
				t.Errorf("%q is allowed", got)
			}
		})
	}
	t.Run("an entry with a slash at its end is not the page without", func(t *testing.T) {
		if got, ok := redirects(t, app+"/").Allow(app); ok {
			t.Errorf("%q is allowed", got)
		}
	})
}

func TestEntriesOfTheList(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		"app.example/a":               "must begin with https:// or http://.",
		"myapp://a":                   "must begin with https:// or http://.",
		"https://*.app.example":       "must name a host",
		"https://app.example/a*":      "must not have a wildcard",
		"https://app.example/*/a":     "must not have a wildcard",
		"https://app.example/**":      "must not have a wildcard",
		"https://app.example/a?x=*":   "must not have a wildcard",
		"https://app.example/*?*?*":   "must not have a wildcard",
		"https://app.example/a?x=1":   "must not have a query",
		"https://app.example/a?":      "must not have a query",
		"https://app.example/a#b":     "must not have spaces",
		"https://ada:pw@app.example/": "and no user",
		"https://app.example:99999/":  "with a port from 1 to 65535",
		"https://1.2.3/":              "must name a host",
		"https://@app.example/":       "and no user",
		"https://app.example:0/":      "with a port from 1 to 65535",
		"https://b%C3%BCcher.example": "must name a host",
		"https://app.example/a/../b":  "must have a path without",
	} {
		t.Run(entry+" is none", func(t *testing.T) {
			_, err := address.ParseRedirectURLs(app, entry)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("got %v, want %q", err, want)
			}
			if strings.Contains(err.Error(), "pw") {
				t.Error("got an error with the password, want it without")
			}
		})
	}
}

// FuzzRedirectURLs looks for a URL that is allowed and leads elsewhere.
func FuzzRedirectURLs(f *testing.F) {
	for _, seed := range elsewhere {
		f.Add(seed)
	}
	f.Add("https://APP.example:443/a/é?x=a+b&y")
	list := redirects(f, app+"/*?*")
	f.Fuzz(func(t *testing.T, given string) {
		got, ok := list.Allow(given)
		if !ok {
			return
		}
		rest, below := strings.CutPrefix(got, app)
		if !below || rest != "" && rest[0] != '/' && rest[0] != '?' {
			t.Fatalf("%+q leads to %q", given, got)
		}
		lower := strings.ToLower(got)
		for _, bad := range []string{"#", `\`, "%2e", "%2f", "%5c", "%00", "%0a", "%0d", ";"} {
			if strings.Contains(lower, bad) {
				t.Errorf("%+q became %q, which has %q", given, got, bad)
			}
		}
		for _, c := range []byte(got) {
			if c <= ' ' || c > '~' || c == '"' || c == '<' || c == '>' {
				t.Fatalf("%+q became %q", given, got)
			}
		}
		if again, ok := list.Allow(got); !ok || again != got {
			t.Errorf("%+q became %q, and that %q, %t", given, got, again, ok)
		}
		u, err := url.Parse(got)
		if err != nil || u.Host != "app.example" || u.Path != path.Clean(u.Path) && u.Path != path.Clean(u.Path)+"/" || u.User != nil || u.Query().Has("token") || len(got) > 2000 {
			t.Errorf("%+q became %q, which is read otherwise: %v", given, got, err)
		}
	})
}
