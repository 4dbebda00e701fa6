package httpd_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

var linkPaths = []string{"/confirm", "/reset", "/undo-email-change"}

func TestOpeningALink(t *testing.T) {
	t.Parallel()
	for _, path := range linkPaths {
		t.Run(path+" shows a button and changes nothing", func(t *testing.T) {
			w := start(t, nil)
			got := w.get(path + "?token=" + token)
			wantStatus(t, got, http.StatusOK)
			wantIn(t, got.body, `<html lang="en">`, `method="post" action="`+path[1:]+`"`,
				`<input type="hidden" name="token" value="`+token+`">`, `<button type="submit">`, "Engines &amp; Co")

			head := w.do(w.request(http.MethodHead, path+"?token="+token, ""))
			wantStatus(t, head, http.StatusOK)
			if head.body != "" || head.header.Get("Content-Length") != fmt.Sprint(len(got.body)) {
				t.Errorf("HEAD: %q, Content-Length %q, want %d", head.body, head.header.Get("Content-Length"), len(got.body))
			}
			if w.accounts.calls() != 0 {
				t.Error("got a call of the domain, want none")
			}
		})

		t.Run(path+" without a sensible token does not ask the domain", func(t *testing.T) {
			w := start(t, nil)
			for _, bad := range []string{"", strings.Repeat("x", 257)} {
				for _, got := range []reply{w.get(path + "?token=" + bad), w.press(path, "token", bad, "password", password)} {
					wantStatus(t, got, http.StatusBadRequest)
					wantIn(t, got.body, "This link does not work")
					wantNotIn(t, got.body, "<form", "xxx")
				}
			}
			wantStatus(t, w.get(path), http.StatusBadRequest)
			if w.accounts.calls() != 0 {
				t.Error("got a call of the domain, want none")
			}
		})

		t.Run(path+" escapes the token", func(t *testing.T) {
			w := start(t, nil)
			got := w.get(path + "?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
			wantIn(t, got.body, `value="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`)
			wantNotIn(t, got.body, "<script")
		})
	}

	t.Run("the password field is made for people and password managers", func(t *testing.T) {
		w := start(t, nil)
		wantIn(t, w.get("/reset?token="+token).body, `<label for="password">`, `type="password" id="password"`, `autocomplete="new-password"`,
			`aria-describedby="password-hint"`, "At least 8 characters")
	})
}

func TestPressingTheButton(t *testing.T) {
	t.Parallel()
	t.Run("confirms the address, once", func(t *testing.T) {
		w := start(t, nil)
		got := w.press("/confirm", "token", token)
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "Your address ada@engine.example is confirmed.", "You can log in now.")
		wantNotIn(t, got.body, token)
		if !reflect.DeepEqual(w.accounts.confirmed, []string{token}) || w.accounts.calls() != 1 {
			t.Errorf("the domain was asked %d times", w.accounts.calls())
		}
	})

	t.Run("confirms in the session of the cookie, and says to sign in first where that is needed", func(t *testing.T) {
		cookies := httpd.NewCookies(false, "")
		w := start(t, func(c *httpd.Config) { c.Cookies = cookies })
		w.accounts.err = auth.Problems{{Code: auth.SecondFactorNeeded, Message: "Sign in with it in this browser.", Path: []string{"input", "token"}}}
		got := w.press("/confirm", "token", token)
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantIn(t, got.body, "Sign in with it in this browser.", token, `href="account?prove"`)
		if w.accounts.session != "" {
			t.Error("got a session without a cookie, want none")
		}
		w.accounts.err, w.cookie = nil, &http.Cookie{Name: "latchkey", Value: "lk_ses_x"}
		wantStatus(t, w.press("/confirm", "token", token), http.StatusOK)
		if w.accounts.session != "lk_ses_x" {
			t.Error("got another session than that of the cookie")
		}
	})

	t.Run("says what comes next when no password was activated", func(t *testing.T) {
		w := start(t, nil)
		w.accounts.user.PasswordHash = ""
		got := w.press("/confirm", "token", token)
		wantIn(t, got.body, "is confirmed.", "sent you a mail")
		wantNotIn(t, got.body, "You can log in now.")
	})

	t.Run("resets the password as it was typed, once", func(t *testing.T) {
		w := start(t, nil)
		got := w.press("/reset", "token", token, "password", password)
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "Your password is changed", "All sessions have ended.", "Log in again")
		wantNotIn(t, got.body, token, "horse")
		if !reflect.DeepEqual(w.accounts.reset, [][]string{{token, password}}) || w.accounts.calls() != 1 {
			t.Errorf("the domain was asked %d times, or not for what was typed", w.accounts.calls())
		}
	})

	t.Run("brings the old address back, once", func(t *testing.T) {
		w := start(t, nil)
		got := w.press("/undo-email-change", "token", token)
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "Your old address is back", "is ada@engine.example again", "choose a new password")
		wantNotIn(t, got.body, token)
		if !reflect.DeepEqual(w.accounts.undone, []string{token}) || w.accounts.calls() != 1 {
			t.Errorf("the domain was asked %d times", w.accounts.calls())
		}
	})

	for path, span := range map[string]string{
		"/confirm": "works once and for 24 hours", "/reset": "works once and for one hour", "/undo-email-change": "works once and for 7 days",
	} {
		t.Run(path+" says what to do about a link that is used up", func(t *testing.T) {
			w := start(t, nil)
			w.accounts.err = fmt.Errorf("wrapped: %w", auth.Problems{{Code: auth.InvalidToken, Message: "x"}})
			got := w.press(path, "token", token, "password", password)
			wantStatus(t, got, http.StatusBadRequest)
			wantIn(t, got.body, "This link does not work", span, "new")
			wantNotIn(t, got.body, "<form", token)
		})
	}

	t.Run("no time is named when none is known", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.ResetValidFor = 0 })
		wantIn(t, w.get("/reset").body, "works once and for a limited time")
		w = start(t, func(c *httpd.Config) { c.ResetValidFor = 90 * time.Minute })
		wantIn(t, w.get("/reset").body, "works once and for 90 minutes")
	})

	t.Run("problems of the password stand at its field, and the token is kept", func(t *testing.T) {
		w := start(t, nil)
		w.accounts.err = auth.Problems{
			{Code: auth.PasswordTooCommon, Message: "Too <b>common</b>.", Path: []string{"input", "newPassword"}},
			{Code: auth.PasswordTooSimilar, Message: "Too similar.", Path: []string{"input", "newPassword"}},
		}
		got := w.press("/reset", "token", token, "password", password)
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantIn(t, got.body, "<title>Error: ", `value="`+token+`"`, `id="password-problems" role="alert"`,
			`aria-describedby="password-problems password-hint" aria-invalid="true" autofocus`, "Too &lt;b&gt;common&lt;/b&gt;.", "Too similar.")
		wantNotIn(t, got.body, "horse", "<b>")
	})

	t.Run("a problem that belongs to no field of the page stands above the form", func(t *testing.T) {
		for _, path := range linkPaths {
			w := start(t, nil)
			w.accounts.err = auth.Problems{{Code: auth.AccountDisabled, Message: "This account is <i>disabled</i>."}}
			got := w.press(path, "token", token, "password", password)
			wantStatus(t, got, http.StatusUnprocessableEntity)
			wantIn(t, got.body, "<title>Error: ", `role="alert"`, "This account is &lt;i&gt;disabled&lt;/i&gt;.")
			wantNotIn(t, got.body, "aria-invalid")
		}
	})

	for _, path := range linkPaths {
		t.Run(path+" of a busy server can be pressed again", func(t *testing.T) {
			for wait, header := range map[time.Duration]string{0: "1", 2 * time.Second: "2", 2100 * time.Millisecond: "3"} {
				w := start(t, nil)
				w.accounts.err = fmt.Errorf("wrapped: %w", &auth.Error{Kind: auth.RateLimited, Message: "Too many at once.", RetryAfter: wait})
				got := w.press(path, "token", token, "password", password)
				wantStatus(t, got, http.StatusTooManyRequests)
				if got.header.Get("Retry-After") != header {
					t.Errorf("Retry-After %q, want %q", got.header.Get("Retry-After"), header)
				}
				wantIn(t, got.body, `role="alert"`, "Too many at once.", `value="`+token+`"`, "<button")
			}
		})

		t.Run(path+" masks every other failure", func(t *testing.T) {
			for _, failure := range []error{errors.New("dial db.internal: refused"), &auth.Error{Kind: auth.Internal, Message: "dial db.internal: refused"}} {
				w := start(t, nil)
				w.accounts.err = failure
				got := w.press(path, "token", token, "password", password)
				wantStatus(t, got, http.StatusInternalServerError)
				wantIn(t, got.body, "our side", got.header.Get("X-Request-Id"))
				wantNotIn(t, got.body, "db.internal", token)
				w.close()
				wantIn(t, w.log.String(), "dial db.internal: refused", got.header.Get("X-Request-Id"))
			}
		})
	}
}

func TestLinkToANewAddress(t *testing.T) {
	t.Parallel()
	const path = "/email-change"

	t.Run("has a button that only the script can press, in the session of the account", func(t *testing.T) {
		w := start(t, nil)
		got := w.get(path + "?token=" + token)
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "Confirm your new address", `data-page="email-change"`, `<input type="hidden" name="token" value="`+token+`">`,
			`<button type="submit" disabled>`, "<noscript>", "needs JavaScript")
		wantNotIn(t, got.body, "action=")
		wantStatus(t, w.press(path, "token", token), http.StatusMethodNotAllowed)
		if w.accounts.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
	})

	t.Run("escapes the token, and needs one", func(t *testing.T) {
		w := start(t, nil)
		wantNotIn(t, w.get(path+"?token=%3Cscript%3E").body, "<script>")
		for _, bad := range []string{"", "?token=", "?token=" + strings.Repeat("x", 257)} {
			got := w.get(path + bad)
			wantStatus(t, got, http.StatusBadRequest)
			wantIn(t, got.body, "This link does not work", "24 hours")
			wantNotIn(t, got.body, "xxx")
		}
	})
}
