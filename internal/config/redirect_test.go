package config_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestRedirectURLs(t *testing.T) {
	t.Run("are separated by commas, spaces or both", func(t *testing.T) {
		s := production()
		s.RedirectURLs = "https://a.example/x/*,https://b.example  https://c.example:8443/* , https://bücher.example,"
		list := resolved(t, s).RedirectURLs
		for _, page := range []string{
			"https://a.example/x/y", "https://b.example/", "https://c.example:8443/z", "https://xn--bcher-kva.example/",
		} {
			if _, ok := list.Allow(page); !ok {
				t.Errorf("%s is refused", page)
			}
		}
		if got, ok := list.Allow("https://a.example/"); ok {
			t.Errorf("%s is allowed", got)
		}
	})

	t.Run("are none unless they are given", func(t *testing.T) {
		if got, ok := resolved(t, production()).RedirectURLs.Allow("https://auth.example.com/confirm"); ok {
			t.Errorf("%s is allowed", got)
		}
	})

	t.Run("may be on this machine in development, and only there without https", func(t *testing.T) {
		wantFaults(t, config.Settings{RedirectURLs: "http://localhost:3000 http://127.0.0.1 http://[::1]:80/x https://app.example"})
		wantFaults(t, config.Settings{RedirectURLs: "http://app.example"}, "LATCHKEY_REDIRECT_URLS")
	})

	for _, bad := range []string{
		"http://app.example.com", "https://localhost:3000", "http://localhost:3000", "app.example.com", "/confirm", "app://confirm",
		"https://*.example.com", "https://app.example.com/*/x", "https://app.example.com/?a=b", "https://app.example.com/#a",
		"https://ada:pw@app.example.com", "https://app.example.com/a/../b", "https://app.example.com/%2e", ",", " , ,",
	} {
		t.Run("production refuses "+bad, func(t *testing.T) {
			s := production()
			s.RedirectURLs = bad
			wantFaults(t, s, "LATCHKEY_REDIRECT_URLS")
		})
	}

	t.Run("every faulty entry is told by its number, and no password", func(t *testing.T) {
		s := production()
		s.RedirectURLs = "https://ok.example,http://app.example,https://ada:hush@app.example"
		_, err := s.Resolve()
		if err == nil {
			t.Fatal("got no fault, want one")
		}
		text := strings.Join(strings.Fields(err.Error()), " ")
		for _, want := range []string{
			"has the entry 2, which must begin with https:// in production.",
			"has the entry 3, which must name a host",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in it:\n%v", want, err)
			}
		}
		if strings.Contains(text, "hush") {
			t.Error("got an error with the password, want it without")
		}
	})
}
