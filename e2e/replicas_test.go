package e2e

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// TestASessionThatEndsOnOneReplicaEndsOnTheOther keeps asking both of two replicas, so that both answer
// from memory, and changes things by one of them, by the command line, and in the database itself.
func TestASessionThatEndsOnOneReplicaEndsOnTheOther(t *testing.T) {
	t.Parallel()
	settings := onPostgres(t, pgtest.URL(t))
	metered := merged(settings, map[string]string{"LATCHKEY_METRICS_ADDR": "127.0.0.1:0"})
	account(t, settings)
	one, other := serve(t, metered), serve(t, metered)
	who := func() string { return one.login(password) }
	look := `{ me { name role } }`

	for _, change := range []struct {
		name string
		do   func(token string)
		want string
	}{
		{"a logout", func(token string) {
			one.expect("logout", one.graphql(token, `mutation { logout { errors { code } } }`, nil), `{"data":{"logout":{"errors":[]}}}`)
		}, `"UNAUTHENTICATED"`},
		{"the end of all sessions", func(token string) {
			one.expect("logoutAll", one.graphql(token, `mutation { logoutAll { endedCount errors { code } } }`, nil), `{"data":{"logoutAll":{"endedCount":1,"errors":[]}}}`)
		}, `"UNAUTHENTICATED"`},
		{"a name", func(token string) {
			one.expect("name", one.graphql(token, `mutation { updateProfile(input: {name: "Grace"}) { errors { code } } }`, nil), `{"data":{"updateProfile":{"errors":[]}}}`)
			one.expect("its own name", one.graphql(token, look, nil), `{"data":{"me":{"name":"Grace","role":"USER"}}}`)
		}, `"name":"Grace"`},
		{"a role", func(string) {
			if _, errs, ok := latchkey(t, "", settings, "user", "role", email, "admin"); !ok {
				t.Fatal(errs)
			}
		}, `"role":"ADMIN"`},
		{"an account that is disabled", func(string) {
			if _, errs, ok := latchkey(t, "", settings, "user", "disable", email); !ok {
				t.Fatal(errs)
			}
		}, `"UNAUTHENTICATED"`},
	} {
		t.Run(change.name, func(t *testing.T) {
			token := who()
			for _, p := range []*process{one, other} {
				keeps(t, p, token, look)
			}
			change.do(token)
			begun := time.Now()
			other.hears(change.name, token, look, change.want)
			one.hears(change.name, token, look, change.want)
			t.Logf("heard after %v", time.Since(begun))
		})
	}
	noSecrets(t, one, other)
}

// keeps asks until the answer comes from memory.
func keeps(t *testing.T, p *process, token, query string) {
	t.Helper()
	hits := func() float64 {
		_, values := scrape(t, p)
		return values["latchkey_session_cache_lookups_total hit"]
	}
	before := hits()
	waitUntil(t, "a query is answered from memory", func() bool {
		p.graphql(token, query, nil)
		return hits() != before
	})
}
