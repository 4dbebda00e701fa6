package httpd_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// cookies are such of a server at a fixed time.
func cookies(secure bool) (*httpd.Cookies, time.Time) {
	now := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	c := httpd.NewCookies(secure, "")
	c.Now = func() time.Time { return now }
	return c, now
}

func TestCookies(t *testing.T) {
	t.Parallel()
	t.Run("are out of reach for scripts, other sites and other hosts", func(t *testing.T) {
		c, now := cookies(true)
		h := http.Header{}
		c.Set(h, "lk_ses_x", now.Add(90*time.Minute))
		wantLines(t, h, "__Host-latchkey=lk_ses_x; Path=/; Expires=Mon, 04 May 2026 04:32:01 GMT; Max-Age=5400; HttpOnly; Secure; SameSite=Lax")
	})
	t.Run("work over plain http while developing", func(t *testing.T) {
		c, now := cookies(false)
		h := http.Header{}
		c.Set(h, "lk_ses_x", now.Add(time.Hour))
		wantLines(t, h, "latchkey=lk_ses_x; Path=/; Expires=Mon, 04 May 2026 04:02:01 GMT; Max-Age=3600; HttpOnly; SameSite=Lax")
	})
	t.Run("of trusted devices are cookies of their own, and stay when a session ends", func(t *testing.T) {
		c, now := cookies(true)
		h := http.Header{}
		c.Set(h, "lk_ses_x", now.Add(time.Hour))
		c.SetDevice(h, "lk_dev_x", now.Add(time.Hour))
		c.Clear(h)
		const kept = "__Host-latchkey_device=lk_dev_x; Path=/; Expires=Mon, 04 May 2026 04:02:01 GMT; Max-Age=3600; HttpOnly; Secure; SameSite=Strict"
		if !slices.Contains(h["Set-Cookie"], kept) {
			t.Errorf("got the cookies %q, want one of them %q", h["Set-Cookie"], kept)
		}
		c.ClearDevice(h)
		const cleared = "__Host-latchkey_device=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Strict"
		if !slices.Contains(h["Set-Cookie"], cleared) || len(h["Set-Cookie"]) != 2 {
			t.Errorf("got the cookies %q, want two, one of them %q", h["Set-Cookie"], cleared)
		}
		r := &http.Request{Header: http.Header{}}
		r.AddCookie(&http.Cookie{Name: "__Host-latchkey_device", Value: "lk_dev_x"})
		if got := c.Device(r); got != "lk_dev_x" {
			t.Error("got another token than that of the cookie")
		}
		r.AddCookie(&http.Cookie{Name: "__Host-latchkey_device", Value: "lk_dev_y"})
		if got := c.Device(r); got != "" {
			t.Error("got a token of two cookies, want none")
		}
	})
	t.Run("of two servers on localhost are not the same", func(t *testing.T) {
		one, other := httpd.NewCookies(false, "8080"), httpd.NewCookies(false, "9090")
		h := http.Header{}
		one.Set(h, "lk_ses_x", time.Now().Add(time.Hour))
		cookie, err := http.ParseSetCookie(h.Get("Set-Cookie"))
		if err != nil || cookie.Name != "latchkey_8080" {
			t.Fatalf("got %v, %v", cookie, err)
		}
		r := &http.Request{Header: http.Header{}}
		r.AddCookie(cookie)
		if _, came := one.Token(r); !came {
			t.Error("got no token from the own cookie, want one")
		}
		if _, came := other.Token(r); came {
			t.Error("got the cookie taken by another server, want it ignored")
		}
	})
	t.Run("are cleared with the same attributes, without which browsers refuse", func(t *testing.T) {
		c, now := cookies(true)
		const cleared = "__Host-latchkey=; Path=/; Expires=Thu, 01 Jan 1970 00:00:01 GMT; Max-Age=0; HttpOnly; Secure; SameSite=Lax"
		h := http.Header{}
		c.Clear(h)
		wantLines(t, h, cleared)
		c.Set(h, "lk_ses_x", now)
		wantLines(t, h, cleared)
	})
	t.Run("are set once, as they were set last", func(t *testing.T) {
		c, now := cookies(true)
		h := http.Header{"Set-Cookie": {"theme=dark", "__Host-latchkey-x=1"}}
		c.Set(h, "lk_ses_1", now.Add(time.Hour))
		c.Clear(h)
		c.Set(h, "lk_ses_2", now.Add(time.Hour))
		wantLines(t, h, "theme=dark", "__Host-latchkey-x=1", "__Host-latchkey=lk_ses_2; Path=/; Expires=Mon, 04 May 2026 04:02:01 GMT; Max-Age=3600; HttpOnly; Secure; SameSite=Lax")
		c.Clear(h)
		if lines := h["Set-Cookie"]; len(lines) != 3 || lines[2][:17] != "__Host-latchkey=;" {
			t.Errorf("got %q, want three lines, the last an empty cookie", lines)
		}
	})
}

// wantLines compares the Set-Cookie lines, whose tokens are made up.
func wantLines(t *testing.T, h http.Header, want ...string) {
	t.Helper()
	if got := h["Set-Cookie"]; !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

func TestCookiesThatDifferHaveComeAndHaveNoToken(t *testing.T) {
	t.Parallel()
	c, _ := cookies(true)
	for header, want := range map[string]bool{"__Host-latchkey=lk_a; __Host-latchkey=lk_b": true, "__Host-latchkey=": true, "theme=dark": false} {
		if token, came := c.Token(&http.Request{Header: http.Header{"Cookie": {header}}}); token != "" || came != want {
			t.Errorf("%q came: %v", header, came)
		}
	}
}

func TestTheTokenInACookie(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secure  bool
		headers []string
		want    secret.Text
	}{
		"no cookie":                    {true, nil, ""},
		"another cookie":               {true, []string{"theme=dark"}, ""},
		"ours among others":            {true, []string{"theme=dark; __Host-latchkey=lk_a; x=y"}, "lk_a"},
		"ours, empty":                  {true, []string{"__Host-latchkey="}, ""},
		"ours twice":                   {true, []string{"__Host-latchkey=lk_a; __Host-latchkey=lk_a"}, "lk_a"},
		"two that differ":              {true, []string{"__Host-latchkey=lk_a; __Host-latchkey=lk_b"}, ""},
		"two that differ on two lines": {true, []string{"__Host-latchkey=lk_a", "__Host-latchkey=lk_b"}, ""},
		"ours and an empty one":        {true, []string{"__Host-latchkey=; __Host-latchkey=lk_b"}, ""},
		"an empty one and ours":        {true, []string{"__Host-latchkey=lk_a; __Host-latchkey="}, ""},
		"the name without the prefix":  {true, []string{"latchkey=lk_a"}, ""},
		"the name in other capitals":   {true, []string{"__host-latchkey=lk_a"}, ""},
		"no name":                      {true, []string{"=__Host-latchkey=lk_a"}, ""},
		"a JWT, which is for headers":  {true, []string{"__Host-latchkey=e30.e30.e30"}, ""},
		"while developing":             {false, []string{"latchkey=lk_a"}, "lk_a"},
		"the other while developing":   {false, []string{"__Host-latchkey=lk_a"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cookies, _ := cookies(c.secure)
			got, came := cookies.Token(&http.Request{Header: http.Header{"Cookie": c.headers}})
			if got != c.want {
				t.Error("got another token, want that of the cookie")
			}
			if got != "" && !came {
				t.Error("a token came without a cookie")
			}
		})
	}
}
