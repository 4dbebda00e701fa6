package httpd_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// browse opens a link, and returns the cookie that comes with the form.
func (w *world) browse(t *testing.T, path string) *http.Cookie {
	t.Helper()
	return cookieOf(t, w.get(path))
}

func cookieOf(t *testing.T, got reply) *http.Cookie {
	t.Helper()
	for _, line := range got.header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(line)
		if err == nil && cookie.Name == "latchkey_link" {
			wantIn(t, line, "HttpOnly", "SameSite=Lax")
			wantNotIn(t, line, token)
			return cookie
		}
	}
	t.Fatalf("there is no cookie: %v", got.header)
	return nil
}

// usedUp is what the domain says of a token the second time.
var usedUp = auth.Problems{{Code: auth.InvalidToken}}

func TestALinkThatIsPressedTwice(t *testing.T) {
	t.Parallel()
	for path, fields := range map[string][]string{
		"/confirm": {"token", token}, "/reset": {"token", token, "password", password}, "/undo-email-change": {"token", token},
	} {
		t.Run(path, func(t *testing.T) {
			key := []byte("the same on all replicas")
			w := start(t, func(c *httpd.Config) { c.LinkKey = key })
			other := start(t, func(c *httpd.Config) { c.LinkKey = key })
			press := func(w *world, cookie *http.Cookie, fields ...string) reply {
				w.cookie = cookie
				r := w.form(path, fields...)
				return w.do(r)
			}
			browser := w.browse(t, path+"?token="+token)
			if browser.Path != path || browser.MaxAge > 600 {
				t.Errorf("the cookie is %v", browser)
			}

			var group sync.WaitGroup // a double click: the second one does not wait for the answer to the first
			for range 2 {
				group.Go(func() {
					r := w.form(path, fields...)
					r.AddCookie(browser)
					wantStatus(t, w.do(r), http.StatusOK)
				})
			}
			group.Wait()
			if n := w.accounts.calls(); n != 1 {
				t.Errorf("the domain was asked %d times", n)
			}

			w.accounts.err, other.accounts.err = usedUp, usedUp
			again := press(w, browser, fields...)
			wantStatus(t, again, http.StatusOK)
			marked := cookieOf(t, again)
			wantStatus(t, press(other, marked, fields...), http.StatusOK) // another replica

			for name, cookie := range map[string]*http.Cookie{
				"no cookie": nil, "another browser": {Name: "latchkey_link", Value: "other"}, "an empty one": {Name: "latchkey_link", Value: "."},
				"a mark of another browser": {Name: "latchkey_link", Value: "other" + strings.TrimPrefix(marked.Value, browser.Value)},
			} {
				for _, w := range []*world{w, other} {
					if got := press(w, cookie, fields...); got.status != http.StatusBadRequest {
						t.Errorf("%s: status %d", name, got.status)
					}
				}
			}
			for _, w := range []*world{w, other} {
				wantStatus(t, press(w, marked, append(fields, "password", "another")...), http.StatusBadRequest)
				wantStatus(t, press(w, marked, "token", token+"x"), http.StatusBadRequest)
			}
			wantNotIn(t, w.log.String(), marked.Value)
		})
	}
}

// TestALinkThatIsPressedTwiceOnTwoReplicas has the second click reach another replica before the first is answered: it
// finds the link used and the mark of its own form, and no other form's.
func TestALinkThatIsPressedTwiceOnTwoReplicas(t *testing.T) {
	t.Parallel()
	key := []byte("the same on all replicas")
	w := start(t, func(c *httpd.Config) { c.LinkKey = key })
	other := start(t, func(c *httpd.Config) { c.LinkKey = key })
	browser := w.browse(t, "/reset?token="+token)
	w.cookie, other.cookie = browser, browser
	fields := []string{"token", token, "password", password}
	wantStatus(t, w.do(w.form("/reset", fields...)), http.StatusOK)

	other.accounts.err = usedUp
	wantStatus(t, other.do(other.form("/reset", fields...)), http.StatusBadRequest)
	other.accounts.followed = string(w.accounts.facts.LinkMark)
	wantStatus(t, other.do(other.form("/reset", fields...)), http.StatusOK)
	wantStatus(t, other.do(other.form("/reset", "token", token, "password", "another "+password)), http.StatusBadRequest)
	other.cookie = nil
	wantStatus(t, other.do(other.form("/reset", fields...)), http.StatusBadRequest)
}

func TestALinkThatDidNotWorkIsNotSaidToHaveWorked(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	w.cookie = w.browse(t, "/confirm?token="+token)
	w.accounts.err = usedUp
	for range 2 {
		wantStatus(t, w.do(w.form("/confirm", "token", token)), http.StatusBadRequest)
	}
	w.accounts.err = nil
	wantStatus(t, w.do(w.form("/confirm", "token", token)), http.StatusOK)
}
