package httpd

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// inboxKeyParameter has the key in the address that the server prints when it starts.
const inboxKeyParameter = "key"

// InboxURL is the address of the inbox of the server at a public URL, with its key.
func InboxURL(public string, key secret.Text) string {
	return public + inboxPath + "?" + inboxKeyParameter + "=" + url.QueryEscape(key.Reveal())
}

const inboxLocked = "Open the inbox at the address that the server printed when it started: there is a key in it, because whoever reads the inbox can sign in as anybody. " +
	"This browser then remembers it."

// inboxCookieAge is how long a browser stays in the inbox.
const inboxCookieAge = 30 * 24 * time.Hour

// NewInboxKey returns a new key of the inbox.
func NewInboxKey() secret.Text { return secret.Text(rand.Text()) }

// unlockInbox takes the key out of the address bar, and gives the browser a cookie in its place that only
// the inbox gets. It is Lax: the printed address may be opened from a page, that of an editor, say.
func (s *Server) unlockInbox(w http.ResponseWriter, r *http.Request) {
	development := s.config.Development
	if !sameText(secret.Text(r.URL.Query().Get(inboxKeyParameter)), development.InboxKey) {
		s.text(w, r, http.StatusForbidden, "This key is not the one of this server, which makes a new one whenever it starts. "+inboxLocked)
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure unless there is no https, while developing
		Name: s.inboxCookie(), Value: development.InboxCookie.Reveal(), Path: inboxPath, MaxAge: int(inboxCookieAge.Seconds()),
		Secure: r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
	w.Header().Set("Location", inboxPath)
	w.WriteHeader(http.StatusSeeOther)
}

// inboxUnlocked reports whether the browser has the cookie.
func (s *Server) inboxUnlocked(r *http.Request) bool {
	return slices.ContainsFunc(r.CookiesNamed(s.inboxCookie()), func(c *http.Cookie) bool {
		return sameText(secret.Text(c.Value), s.config.Development.InboxCookie)
	})
}

// inboxCookie returns the cookie's name. Browsers keep cookies by host, not by port, so the port of the
// server is in it.
func (s *Server) inboxCookie() string {
	if s.public == nil || s.public.Port() == "" {
		return "latchkey_inbox"
	}
	return "latchkey_inbox_" + s.public.Port()
}

// sameText compares in a time that does not tell where two secrets differ. An empty one is no secret.
func sameText(given, want secret.Text) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1
}
