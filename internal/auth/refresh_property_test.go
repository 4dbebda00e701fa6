package auth_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// modelled is a session as the rules have it (RefreshSession, RFC 9700 section 4.14.2): which tokens
// were given out, and which of them is good.
type modelled struct {
	id        uuid.UUID
	access    secret.Text   // the newest access token
	chain     []secret.Text // refresh tokens of this generation; the last one is good
	outdated  []secret.Text // those of generations before
	rotatedAt time.Time
	rotatedBy int // which of the clients
	seenAt    time.Time
	endsAt    time.Time
	ended     bool
}

// GoString implements fmt.GoStringer: rapid prints what it draws, and tokens are not to be seen.
func (m *modelled) GoString() string { return "session " + m.id.String() }

func (m *modelled) good() secret.Text { return m.chain[len(m.chain)-1] }

// over reports whether the session has ended, by whatever it did.
func (m *modelled) over(now time.Time) bool {
	return m.ended || !now.Before(m.seenAt.Add(30*24*time.Hour)) || !now.Before(m.endsAt)
}

// What has to come of a refresh.
type outcome int

const (
	refusedOnly  outcome = iota // nothing else happens
	nextToken                   // a token that was never seen before
	sameToken                   // the good one again
	endsAsStolen                // it is refused, and the session has ended
)

// rule is what has to come of a refresh with the token by a client.
func (m *modelled) rule(token secret.Text, client int, now time.Time) outcome {
	for _, old := range m.outdated {
		if token == old {
			return refusedOnly
		}
	}
	switch {
	case m.over(now):
		return refusedOnly
	case token == m.good():
		return nextToken
	case len(m.chain) > 1 && token == m.chain[len(m.chain)-2] && client == m.rotatedBy && now.Before(m.rotatedAt.Add(30*time.Second)):
		return sameToken
	default: // one of the chain that was used, by this client or another, or that was never given out
		return endsAsStolen
	}
}

// rotated notes that the good token was used by a client, and which took its place. Its use counts for the session
// once a minute.
func (m *modelled) rotated(grant *auth.Grant, client int, now time.Time) {
	m.chain, m.access = append(m.chain, grant.Tokens.RefreshToken), grant.Tokens.AccessToken
	m.rotatedAt, m.rotatedBy = now, client
	if !now.Before(m.seenAt.Add(time.Minute)) {
		m.seenAt = now
	}
}

// chains is the machine: sessions of one user on two replicas of one store, and what they should be.
type chains struct {
	t        *testing.T
	world    *authtest.World
	replicas [2]*authtest.World
	clients  [3]context.Context // of different networks and devices
	sessions []*modelled
	password secret.Text
}

func (c *chains) now() time.Time { return c.world.Clock.Now() }

func (c *chains) replica(t *rapid.T) *authtest.World {
	return c.replicas[rapid.IntRange(0, len(c.replicas)-1).Draw(t, "replica")]
}

func (c *chains) client(t *rapid.T) int {
	return rapid.IntRange(0, len(c.clients)-1).Draw(t, "client")
}

func (c *chains) session(t *rapid.T) *modelled {
	if len(c.sessions) == 0 {
		t.Skip("nobody has logged in")
	}
	return rapid.SampledFrom(c.sessions).Draw(t, "session")
}

func (c *chains) logIn(t *rapid.T) {
	if len(c.sessions) == 4 {
		t.Skip("there are enough")
	}
	grant, err := c.replica(t).Login(c.t.Context(), auth.LoginInput{Email: ada, Password: c.password})
	if err != nil {
		t.Fatalf("log in: %v", err)
	}
	c.sessions = append(c.sessions, &modelled{
		id: grant.Session.ID, access: grant.Tokens.AccessToken, chain: []secret.Text{grant.Tokens.RefreshToken},
		seenAt: c.now(), endsAt: grant.Session.EndsAt,
	})
}

// refresh uses one of the tokens that somebody may have, or makes up.
func (c *chains) refresh(t *rapid.T) {
	m := c.session(t)
	tokens := map[string]secret.Text{"good": m.good(), "good again": m.good(), "first": m.chain[0], "made up": secret.NewRefreshToken()}
	if len(m.chain) > 1 {
		tokens["previous"] = m.chain[len(m.chain)-2]
	}
	if len(m.outdated) > 0 {
		tokens["outdated"] = m.outdated[len(m.outdated)-1]
	}
	forged, err := secret.NextRefreshToken(m.good())
	if err != nil {
		t.Fatal(err)
	}
	tokens["forged"] = forged
	kinds := []string{"good", "good again"}
	for _, kind := range []string{"previous", "first", "outdated", "made up", "forged"} {
		if tokens[kind] != "" {
			kinds = append(kinds, kind)
		}
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "token")
	client := c.client(t)
	want := m.rule(tokens[kind], client, c.now())
	if kind == "made up" {
		want = refusedOnly
	}
	c.use(t, m, c.replica(t), client, tokens[kind], want)
}

// use refreshes with the token and compares what comes of it.
func (c *chains) use(t *rapid.T, m *modelled, replica *authtest.World, client int, token secret.Text, want outcome) {
	grant, err := replica.RefreshSession(c.clients[client], auth.RefreshInput{RefreshToken: &token})
	var problems auth.Problems
	if err != nil && (!errors.As(err, &problems) || problems[0].Code != auth.InvalidRefreshToken) {
		t.Fatalf("refresh: %v", err)
	}
	if (err == nil) != (want == nextToken || want == sameToken) {
		t.Fatalf("it was refused: %v; want outcome %d", err != nil, want)
	}
	switch want {
	case nextToken:
		for _, old := range append(m.outdated, m.chain...) {
			if grant.Tokens.RefreshToken == old {
				t.Fatal("a token was given out twice")
			}
		}
		m.rotated(grant, client, c.now())
	case sameToken:
		if grant.Tokens.RefreshToken != m.good() {
			t.Fatal("within the grace it got another token than the one that is good")
		}
	case endsAsStolen:
		m.ended = true
	case refusedOnly:
	}
	told := 0
	for _, letter := range c.world.Letters(c.t) {
		if letter.Kind == auth.LetterSessionStolen {
			told++
		}
	}
	if (told == 1) != (want == endsAsStolen) || told > 1 {
		t.Fatalf("%d letters tell of a theft; want outcome %d", told, want)
	}
}

// refreshAtOnce uses the good token on both replicas at the same moment, as two tabs do.
func (c *chains) refreshAtOnce(t *rapid.T) {
	m := c.session(t)
	if m.over(c.now()) {
		t.Skip("the session is over")
	}
	token, client := m.good(), c.client(t)
	var grants [2]*auth.Grant
	for _, err := range atOnce(2, func(i int) (err error) {
		grants[i], err = c.replicas[i].RefreshSession(c.clients[client], auth.RefreshInput{RefreshToken: &token})
		return err
	}) {
		if err != nil {
			t.Fatalf("one of two tabs is refused: %v", err)
		}
	}
	if grants[0].Tokens.RefreshToken != grants[1].Tokens.RefreshToken {
		t.Fatal("two tabs got two tokens")
	}
	m.rotated(grants[0], client, c.now())
}

func (c *chains) logOut(t *rapid.T) {
	m := c.session(t)
	if err := c.replica(t).Logout(c.t.Context(), m.access); err != nil {
		t.Fatalf("log out: %v", err)
	}
	m.ended = true
}

// changePassword ends all sessions but one, which goes on with a chain of its own.
func (c *chains) changePassword(t *rapid.T) {
	m, replica := c.session(t), c.replica(t)
	if m.over(c.now()) {
		t.Skip("the session is over")
	}
	c.use(t, m, replica, c.client(t), m.good(), nextToken)
	caller, err := replica.Authenticate(c.t.Context(), m.access)
	if err != nil {
		t.Fatalf("authenticate: %v", err)
	}
	next := adasPassword
	if c.password == adasPassword {
		next = newPassword
	}
	change, err := replica.ChangePassword(c.t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &c.password, NewPassword: next})
	if err != nil {
		t.Fatalf("change password: %v", err)
	}
	c.password = next
	for _, other := range c.sessions {
		other.ended = other.ended || other != m
	}
	m.outdated = append(m.outdated, m.chain...)
	m.chain, m.access = []secret.Text{change.Tokens.RefreshToken}, change.Tokens.AccessToken
}

func (c *chains) wait(t *rapid.T) {
	c.world.Clock.Advance(rapid.SampledFrom([]time.Duration{
		time.Microsecond, 10 * time.Second, 30*time.Second - time.Microsecond, 30 * time.Second, time.Minute, time.Hour, 29 * 24 * time.Hour, 30 * 24 * time.Hour,
	}).Draw(t, "time"))
}

func (c *chains) cleanUp(t *rapid.T) {
	if _, err := c.replica(t).CleanUp(c.t.Context(), nil); err != nil {
		t.Fatalf("clean up: %v", err)
	}
}

// check holds after each step: a session that is not over has a chain in which the last token alone
// is good, and of one that has ended there is nothing.
func (c *chains) check(t *rapid.T) {
	for _, m := range c.sessions {
		family, err := secret.RefreshFamily(m.good())
		if err != nil {
			t.Fatal(err)
		}
		chain, session, _, err := c.world.Store.RefreshChain(c.t.Context(), family)
		switch {
		case m.ended && !errors.Is(err, auth.ErrNotFound):
			t.Fatalf("a session has ended, and its chain is there: %v", err)
		case m.over(c.now()):
		case err != nil:
			t.Fatalf("a session has lost its chain: %v", err)
		case !session.LastSeenAt.Equal(m.seenAt):
			t.Fatalf("it was last seen at %v, want %v", session.LastSeenAt, m.seenAt)
		case session.ID != m.id || !bytes.Equal(chain.Digest, secret.Digest(m.good())):
			t.Fatal("another token is good than the last that was given out")
		}
	}
}

// TestRefreshChainsFollowTheirRules does anything in any order to sessions on two replicas, and compares
// with a model of the rules.
func TestRefreshChainsFollowTheirRules(t *testing.T) {
	t.Parallel()
	world := authtest.New(t, authtest.SQLite(t), signed)
	user := world.Join(t, ada, adasPassword)
	c := &chains{
		t: t, world: world, replicas: [2]*authtest.World{world, world.Replica(authtest.Difference{})}, password: adasPassword,
		clients: [3]context.Context{from(t, "203.0.113.7", firefox), from(t, "198.51.100.7", firefox), from(t, "203.0.113.7", androidChrome)},
	}
	rapid.Check(t, func(rt *rapid.T) {
		_, err := world.Store.EndSessions(t.Context(), user.ID, uuid.Nil)
		must(t, err)
		c.sessions = nil
		world.Letters(t)
		c.logIn(rt)
		rt.Repeat(map[string]func(*rapid.T){
			"":                      c.check,
			"log in":                c.logIn,
			"refresh":               c.refresh,
			"refresh again":         c.refresh, // more often than all else
			"refresh twice at once": c.refreshAtOnce,
			"log out":               c.logOut,
			"change the password":   c.changePassword,
			"let time pass":         c.wait,
			"clean up":              c.cleanUp,
		})
	})
}
