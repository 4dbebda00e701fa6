package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/bench/seed"
)

// The documents, as a client sends them: constant, with everything that varies in variables.
const (
	meBody       = `{"query":"{ me { id email emailVerified name role } }"}`
	sessionsBody = `{"query":"{ sessions { id current createdAt lastSeenAt expiresAt device } }"}`
	logoutBody   = `{"query":"mutation { logout { errors { code } } }"}`
	loginBody    = `{"query":"mutation Login($input: LoginInput!) { login(input: $input) { tokens { accessToken expiresAt } user { id email } errors { code message } } }","variables":{"input":{"email":"%s","password":"%s"}}}`
	registerBody = `{"query":"mutation Register($input: RegisterInput!) { register(input: $input) { confirmationRequired errors { code message } } }","variables":{"input":{"email":"%s","password":"%s","name":"Ada"}}}`
	refreshBody  = `{"query":"mutation Refresh($input: RefreshSessionInput!) { refreshSession(input: $input) { tokens { accessToken expiresAt refreshToken } errors { code } } }","variables":{"input":{"refreshToken":"%s"}}}`
)

// byToken is an operation of who has a token, which the answer to must contain.
func byToken(name, header, body, contains string, take func() (string, bool)) *operation {
	return &operation{
		name: name, take: take,
		request: func(buffer []byte, token string) []byte { return post(buffer, "/graphql", body, header+token) },
		done:    expect(contains),
	}
}

// The headers that carry a token.
const (
	bearer = "Authorization: Bearer "
	cookie = "Cookie: __Host-latchkey="
)

func me(name, header string, tokens []string) *operation {
	o := byToken(name, header, meBody, `"email":"user-`, around(tokens))
	o.subjects = len(tokens)
	return o
}

// lookUp is `me` of a server that keeps nothing of the sessions, each of which asks for the first time.
func lookUp(tokens []string) *operation {
	o := me(opUncached, bearer, tokens)
	o.subjects = 0
	return o
}

func sessions(tokens []string) *operation {
	o := byToken("sessions", bearer, sessionsBody, `"current":true`, around(tokens))
	o.subjects = len(tokens)
	return o
}

// endEvery is how many requests there are to one that ends a session.
const endEvery = 100

// ending is `me` among people of whom some log out elsewhere: every so many requests, one ends another
// session of one of them.
func ending(tokens, spare []string) *operation {
	const mark = "-" // of the token of a session that is to end
	var (
		asks, ends = me(opEnding, bearer, tokens), logout(spare)
		count      atomic.Int64
	)
	return &operation{
		name: opEnding, subjects: len(tokens),
		take: func() (string, bool) {
			if count.Add(1)%endEvery != 0 {
				return asks.take()
			}
			token, ok := ends.take()
			return mark + token, ok
		},
		request: func(buffer []byte, token string) []byte {
			if token, marked := strings.CutPrefix(token, mark); marked {
				return ends.request(buffer, token)
			}
			return asks.request(buffer, token)
		},
		done: func(token string, status int, body []byte) (outcome, error) {
			if strings.HasPrefix(token, mark) {
				return ends.done(token, status, body)
			}
			return asks.done(token, status, body)
		},
	}
}

// logout uses up a session each time.
func logout(tokens []string) *operation {
	return byToken("logout", bearer, logoutBody, `"logout":{"errors":[]}`, onceEach(tokens))
}

func login(emails []string) *operation {
	return &operation{
		name: opLogin, take: around(emails),
		request: func(buffer []byte, email string) []byte {
			return post(buffer, "/graphql", fmt.Sprintf(loginBody, email, seed.Password.Reveal()))
		},
		done: expect(`"accessToken":"`),
	}
}

// register signs up somebody new each time.
func register() *operation {
	run, count := time.Now().UnixNano(), atomic.Int64{}
	return &operation{
		name: "register",
		take: func() (string, bool) {
			return "new-" + strconv.FormatInt(run, 36) + "-" + strconv.FormatInt(count.Add(1), 36) + "@example.com", true
		},
		request: func(buffer []byte, email string) []byte {
			return post(buffer, "/graphql", fmt.Sprintf(registerBody, email, "a staple and a battery"))
		},
		done: expect(`"confirmationRequired":true`),
	}
}

var successor = regexp.MustCompile(`"refreshToken":"(lk_ref_[0-9A-Za-z]+)"`)

// refresh goes on with sessions, each with the refresh token that the last time returned.
func refresh(tokens []string) *operation {
	ready := make(chan string, len(tokens))
	for _, token := range tokens {
		ready <- token
	}
	return &operation{
		name: "refreshSession",
		take: func() (string, bool) { return <-ready, true },
		request: func(buffer []byte, token string) []byte {
			return post(buffer, "/graphql", fmt.Sprintf(refreshBody, token))
		},
		done: func(_ string, status int, body []byte) (outcome, error) {
			next := successor.FindSubmatch(body)
			if next == nil {
				return 0, unexpected(status, body)
			}
			ready <- string(next[1])
			return succeeded, nil
		},
	}
}

// work is what limits are asked for, by the path of GraphQL.
func work(name, contains string, take func() (string, bool)) *operation {
	return byToken(name, bearer, meBody, contains, take)
}

var accessToken = regexp.MustCompile(`"accessToken":"([^"]+)"`)

// jwts returns an access token for each refresh token, which are used up.
func jwts(ctx context.Context, address string, refreshTokens []string) ([]string, error) {
	c := newClient(address)
	defer c.close()
	var tokens []string
	for _, token := range refreshTokens {
		status, body, err := c.do(ctx, post(nil, "/graphql", fmt.Sprintf(refreshBody, token)))
		if err != nil {
			return nil, err
		}
		found := accessToken.FindSubmatch(body)
		if found == nil {
			return nil, fmt.Errorf("get a JWT: %w", unexpected(status, body))
		}
		tokens = append(tokens, string(found[1]))
	}
	return tokens, nil
}

// around takes one after the other, again and again.
func around(subjects []string) func() (string, bool) {
	var next atomic.Int64
	return func() (string, bool) {
		if len(subjects) == 0 {
			return "", false
		}
		return subjects[int(next.Add(1))%len(subjects)], true
	}
}

// onceEach takes one after the other, and then nothing.
func onceEach(subjects []string) func() (string, bool) {
	var next atomic.Int64
	return func() (string, bool) {
		i := int(next.Add(1)) - 1
		if i >= len(subjects) {
			return "", false
		}
		return subjects[i], true
	}
}

var (
	busy = []byte(`"RATE_LIMITED"`)
	code = regexp.MustCompile(`"code":"([A-Z_]+)"`)
)

// expect takes an answer that contains the text for a success, and RATE_LIMITED for a refusal.
func expect(contains string) func(string, int, []byte) (outcome, error) {
	want := []byte(contains)
	return func(_ string, status int, body []byte) (outcome, error) {
		switch {
		case bytes.Contains(body, want):
			return succeeded, nil
		case bytes.Contains(body, busy):
			return refused, nil
		}
		return 0, unexpected(status, body)
	}
}

// unexpected says of an answer what holds no secret.
func unexpected(status int, body []byte) error {
	if found := code.FindSubmatch(body); found != nil {
		return fmt.Errorf("the answer is %d %s", status, found[1])
	}
	if status != http.StatusOK {
		return fmt.Errorf("the answer is %d", status)
	}
	return errors.New("the answer is not what it is to be")
}
