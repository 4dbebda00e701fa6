package httpd_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestForms(t *testing.T) {
	t.Parallel()
	type story struct {
		name   string
		change func(*http.Request)
		status int
	}
	for _, s := range []story{
		{"a form from another site is refused", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"a form from a sibling site is refused", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"an older browser's form from another site is refused", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://evil.example")
		}, 403},
		{"a form from nowhere, as of a sandboxed frame, is refused", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "null")
		}, 403},
		{"an older browser's form from our page is taken", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "http://"+r.Host)
		}, 200},
		{"a form from our page behind a proxy that renames the host is taken", func(r *http.Request) {
			r.Header.Del("Sec-Fetch-Site")
			r.Header.Set("Origin", "https://accounts.example")
		}, 200},
		{"a program without a browser is taken", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, 200},
		{"a form with a charset is taken", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		}, 200},
		{"plain text is refused", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		{"a multipart form is refused", func(r *http.Request) { r.Header.Set("Content-Type", "multipart/form-data; boundary=x") }, 415},
		{"JSON is refused", func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 415},
		{"no content type is refused", func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
	} {
		t.Run(s.name, func(t *testing.T) {
			for _, path := range linkPaths {
				w := start(t, func(c *httpd.Config) { c.PublicURL = "https://accounts.example/auth" })
				r := w.form(path, "token", token, "password", password)
				r.Host = r.URL.Host
				s.change(r)
				got := w.do(r)
				wantStatus(t, got, s.status)
				wantIn(t, got.body, "<h1>")
				if asked := w.accounts.calls() > 0; asked != (s.status == http.StatusOK) {
					t.Errorf("%s: the domain was asked: %v", path, asked)
				}
			}
		})
	}

	for name, body := range map[string]string{
		"NUL":           "token=x&password=long+enough%00",
		"invalid UTF-8": "token=x&password=long+enough%ff",
		"a bad escape":  "token=x&password=%zz",
	} {
		t.Run("a form with "+name+" is refused", func(t *testing.T) {
			w := start(t, nil)
			r := w.request(http.MethodPost, "/reset", body)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			wantStatus(t, w.do(r), http.StatusBadRequest)
			if w.accounts.calls() != 0 {
				t.Error("got a call of the domain, want none")
			}
		})
	}

	t.Run("a form of 64 KiB is too long, one below is the domain's to judge", func(t *testing.T) {
		w := start(t, nil)
		wantStatus(t, w.press("/reset", "token", token, "password", strings.Repeat("x", 64<<10)), http.StatusRequestEntityTooLarge)
		if w.accounts.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
		wantStatus(t, w.press("/reset", "token", token, "password", strings.Repeat("x", 60<<10)), http.StatusOK)
	})

	t.Run("a token in the query of a POST is no token", func(t *testing.T) {
		w := start(t, nil)
		wantStatus(t, w.press("/confirm?token="+url.QueryEscape(token)), http.StatusBadRequest)
		if w.accounts.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
	})
}
