package mail_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

func TestLinksToThePageOfARequest(t *testing.T) {
	t.Parallel()
	r := newRenderer(t, settings)
	for given, want := range map[string]string{
		"https://app.test/a":         "https://app.test/a?token=" + token,
		"https://app.test/a?x=1&y":   "https://app.test/a?x=1&y&token=" + token,
		"http://localhost:3000/%C3":  "http://localhost:3000/%C3?token=" + token,
		"https://app.test/%7Btoken}": "https://app.test/%7Btoken%7D?token=" + token,
	} {
		t.Run(given+" gets the token as a parameter", func(t *testing.T) {
			l := letter(auth.LetterReset)
			l.RedirectURL = given
			m := render(t, r, l)
			if !strings.Contains(m.Text.Reveal(), "\n"+want+"\n") {
				t.Error("got a text without the link, want it there")
			}
			if page := m.HTML.Reveal(); strings.Contains(page, "acme.test/reset") || !strings.Contains(page, "token="+token) {
				t.Error("got a page without the link, want it there")
			}
		})
	}

	for name, bad := range map[string]string{
		"another scheme":  "javascript://app.test/a",
		"no host":         "/a",
		"a user":          "https://ada@app.test/a",
		"a line break":    "https://app.test/a\r\nBcc: eve@thief.test",
		"a quote":         `https://app.test/a"onclick="x`,
		"a fragment":      "https://app.test/a#b",
		"a backslash":     `https://app.test\a`,
		"a broken escape": "https://app.test/%zz",
	} {
		t.Run(name+" is never mailed, and not tried again", func(t *testing.T) {
			l := letter(auth.LetterConfirm)
			l.RedirectURL = bad
			_, err := r.Render(l)
			if !mail.Permanent(err) {
				t.Fatalf("the error is %v, want a permanent one", err)
			}
			if strings.Contains(err.Error(), bad) || strings.Contains(err.Error(), token) {
				t.Error("got an error that quotes the link, want one that does not")
			}
		})
	}

	t.Run("a letter without a link has none, whatever was asked for", func(t *testing.T) {
		l := letter(auth.LetterPasswordChanged)
		l.RedirectURL = "https://app.test/a"
		if strings.Contains(render(t, r, l).Text.Reveal(), "app.test") {
			t.Error("got the redirect address in the text, want no link")
		}
	})
}
