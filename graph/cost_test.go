package graph_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestAPageCostsAsOftenAsItHasEntries asks for pages that are within the bound and beyond it, by literals, by variables
// and by fragments.
func TestAPageCostsAsOftenAsItHasEntries(t *testing.T) {
	t.Parallel()
	const everything = `id email emailVerified username name profile role disabled disabledReason deletedAt hasPassword createdAt updatedAt lastLoginAt
		secondFactors { required totp { createdAt lastUsedAt } recoveryCodesLeft passkeys { id name provider createdAt lastUsedAt } trustedDevices { id device createdAt expiresAt current } }
		identities { id provider name email createdAt lastUsedAt } sessions { id current createdAt lastSeenAt expiresAt methods ipAddress userAgent device impersonated }`
	events := func(n string) string {
		return " auditEvents(first: " + n + ") { nodes { id at act outcome userId actor actorId sessionId reason ipAddress device } pageInfo { hasNextPage endCursor } } "
	}
	v, _ := acting(t, authtest.SQLite(t))
	_, admin := v.world.LogIn(t, "chief@example.com", inPassword)
	for name, c := range map[string]struct {
		document  string
		variables map[string]any
		code      string
	}{
		"all of a hundred users":       {`{ users(first: 100) { nodes { ` + everything + events("20") + `} totalCount } }`, nil, ""},
		"their events by the hundred":  {`{ users(first: 100) { nodes { ` + everything + events("100") + `} } }`, nil, "QUERY_TOO_COMPLEX"},
		"backward":                     {`{ users(last: 100) { nodes { ` + events("100") + `} } }`, nil, "QUERY_TOO_COMPLEX"},
		"of twenty unless it is said":  {`{ users { nodes { ` + events("100") + `} } }`, nil, ""},
		"nodes and edges":              {`{ users(first: 40) { nodes {` + events("100") + `} edges { node {` + events("100") + `} } } }`, nil, "QUERY_TOO_COMPLEX"},
		"a page of a size by variable": {`query($n: Int) { users(first: $n) { nodes { ` + events("$n") + `} } }`, map[string]any{"n": 100}, "QUERY_TOO_COMPLEX"},
		"a small one by variable":      {`query($n: Int) { users(first: $n) { nodes { ` + events("$n") + `} } }`, map[string]any{"n": 10}, ""},
		"by a default":                 {`query($n: Int = 100) { users(first: $n) { nodes { ` + events("$n") + `} } }`, nil, "QUERY_TOO_COMPLEX"},
		"by a fragment":                {`{ users(first: 100) { nodes { ...F } } } fragment F on AdminUser { ` + events("100") + `}`, nil, "QUERY_TOO_COMPLEX"},
		"invitations count too": {`{ ` + aliased(2, `users(first: 100) { nodes { id email role name createdAt updatedAt disabled username profile emailVerified`+events("20")+` } }`) +
			`invitations(first: 100) { nodes { id email role invitedBy createdAt expiresAt acceptedAt } } }`, nil, "QUERY_TOO_COMPLEX"},
		"one too many is refused by the list": {`{ users(first: 101) { nodes { id } } }`, nil, "BAD_USER_INPUT"},
		"and so is fewer than none":           {`{ users(first: -1) { nodes { id } } }`, nil, "BAD_USER_INPUT"},
	} {
		if got := errorCode(v.ask(admin, c.document, c.variables)); got != c.code {
			t.Errorf("%s: got %q, want %q", name, got, c.code)
		}
	}
}

// aliased is a field n times, under different names.
func aliased(n int, field string) string {
	var all strings.Builder
	for i := range n {
		all.WriteString(strings.Repeat("a", i+1) + ": " + field + " ")
	}
	return all.String()
}
