package httpd_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// factsOf returns what a handler sees of a request that came from remote.
func factsOf(t *testing.T, remote, userAgent string) (auth.Request, http.Header) {
	t.Helper()
	var facts auth.Request
	w := start(t, func(c *httpd.Config) {
		c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { facts = auth.RequestFrom(r.Context()) })
	})
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", nil)
	r.RemoteAddr = remote
	r.Header.Set("User-Agent", userAgent)
	r.Header.Set("X-Request-Id", "chosen-by-the-client")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	return facts, recorder.Header()
}

func TestFacts(t *testing.T) {
	t.Parallel()
	t.Run("the id is a new UUIDv7, and in the answer", func(t *testing.T) {
		first, header := factsOf(t, "192.0.2.1:1", "")
		second, _ := factsOf(t, "192.0.2.1:1", "")
		id, err := uuid.Parse(first.ID)
		if err != nil || id.Version() != 7 {
			t.Errorf("id %q, want a UUIDv7", first.ID)
		}
		if first.ID == second.ID {
			t.Error("got one id of two requests, want two")
		}
		if header.Get("X-Request-Id") != first.ID {
			t.Errorf("the answer says %q, the context %q", header.Get("X-Request-Id"), first.ID)
		}
	})

	t.Run("the address is the connection's", func(t *testing.T) {
		for remote, want := range map[string]string{
			"192.0.2.1:4711":          "192.0.2.1",
			"[::ffff:192.0.2.1]:4711": "192.0.2.1",
			"[2001:db8::1]:4711":      "2001:db8::1",
			"@":                       "invalid IP",
		} {
			if facts, _ := factsOf(t, remote, ""); facts.ClientIP.String() != want {
				t.Errorf("%s: %s, want %s", remote, facts.ClientIP, want)
			}
		}
	})

	t.Run("the user agent is cleaned", func(t *testing.T) {
		for sent, want := range map[string]string{
			"Browser/1.0 (für alle)":       "Browser/1.0 (für alle)",
			"a\x00b\tc\x1b[31md\u0085e":    "abc[31mde",
			"bad\xff\xfebytes":             "badbytes",
			"turned\u202earound":           "turnedaround",
			strings.Repeat("a", 600):       strings.Repeat("a", 512),
			strings.Repeat("a", 511) + "é": strings.Repeat("a", 511),
			strings.Repeat("é", 256):       strings.Repeat("é", 256),
		} {
			facts, _ := factsOf(t, "192.0.2.1:1", sent)
			if facts.UserAgent != want || !utf8.ValidString(facts.UserAgent) {
				t.Errorf("%q became %q, want %q", sent, facts.UserAgent, want)
			}
		}
	})

	t.Run("the domain sees them", func(t *testing.T) {
		w := start(t, nil)
		got := w.press("/confirm", "token", token)
		facts := w.accounts.facts
		if facts.ID == "" || facts.ID != got.header.Get("X-Request-Id") || facts.ClientIP.String() != "127.0.0.1" || facts.UserAgent == "" {
			t.Errorf("the facts: got %+v, want the id of the answer, 127.0.0.1 and a user agent", facts)
		}
	})
}
