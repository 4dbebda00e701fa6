package e2e

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// standing is what an address is to the service, which nobody is to find out by asking it.
type standing string

const (
	unknown      standing = "unknown"
	confirmed    standing = "confirmed"
	disabled     standing = "disabled"
	waiting      standing = "waiting for its confirmation"
	unconfirmed  standing = "unconfirmed, made by an operator"
	passwordless standing = "without a password"
)

// person is one of those whom the tests ask about. All have names of one length.
type person struct {
	number   int
	standing standing
}

func (p person) email() string    { return fmt.Sprintf("person-%04d@example.com", p.number) }
func (p person) username() string { return fmt.Sprintf("person_%04d", p.number) }

// equalSettings turn on all that a stranger can ask about an address, and the limits off, which would
// end the questions.
var equalSettings = map[string]string{
	"LATCHKEY_USERNAMES":       "optional",
	"LATCHKEY_LOGIN_CODES":     "true",
	"LATCHKEY_BASIC_AUTH":      "true",
	"LATCHKEY_TRUSTED_PROXIES": "127.0.0.1",
	"LATCHKEY_RATE_LIMITS":     "off",
	"LATCHKEY_METRICS_ADDR":    "127.0.0.1:0",
}

// accounts makes so many accounts of each standing but the unknown, of whom it makes up as many.
func accounts(t *testing.T, settings map[string]string, each int, standings ...standing) map[standing][]person {
	t.Helper()
	run := func(stdin string, args ...string) {
		t.Helper()
		if _, errs, ok := latchkey(t, stdin, merged(settings, equalSettings), args...); !ok {
			t.Fatalf("%s: got a failure, want none: %s", strings.Join(args[:2], " "), errs)
		}
	}
	people := map[standing][]person{}
	number := 0
	for range each { // by turns, so that none of them has the oldest rows
		for _, standing := range standings {
			number += 7
			p := person{number: number, standing: standing}
			people[standing] = append(people[standing], p)
			switch standing {
			case confirmed, disabled:
				run(password+"\n", "user", "create", p.email(), "--username", p.username(), "--confirmed")
			case unconfirmed:
				run(password+"\n", "user", "create", p.email(), "--username", p.username())
			case passwordless:
				run("", "user", "create", p.email(), "--username", p.username(), "--confirmed", "--no-password")
			case unknown, waiting: // nobody, and those who sign up themselves
			}
			if standing == disabled {
				run("", "user", "disable", p.email())
			}
		}
	}
	return people
}

// wait signs those up who wait for their confirmation.
func (p *process) wait(people []person) {
	p.t.Helper()
	for _, who := range people {
		answer := p.graphql("", `mutation($i: RegisterInput!) { register(input: $i) { errors { code } } }`,
			map[string]any{"i": map[string]any{"email": who.email(), "username": who.username(), "password": password}})
		p.expect("sign up", answer, `{"data":{"register":{"errors":[]}}}`)
	}
}

// question is something that a stranger can ask about an address or a username.
type question struct {
	name string
	// ask returns the document, its variables, and the password for HTTP Basic, or "".
	ask func(who person) (document string, variables map[string]any, basic string)
	// samples is how often its time is taken for each standing: rarely where a hash makes it long.
	samples int
	// signsUp says that whoever is asked about waits for a confirmation from then on.
	signsUp bool
}

const (
	wrongPassword = "incorrect horse battery"
	loginAnswer   = `{ tokens { accessToken refreshToken } user { id } session { id } errors { code message path } }`
)

// questions are all of them.
var questions = []question{
	{name: "login by address", samples: 24, ask: func(who person) (string, map[string]any, string) {
		return `mutation($e: String!, $p: String!) { login(input: {email: $e, password: $p}) ` + loginAnswer + ` }`,
			map[string]any{"e": who.email(), "p": wrongPassword}, ""
	}},
	{name: "login by username", samples: 12, ask: func(who person) (string, map[string]any, string) {
		return `mutation($u: String!, $p: String!) { login(input: {username: $u, password: $p}) ` + loginAnswer + ` }`,
			map[string]any{"u": who.username(), "p": wrongPassword}, ""
	}},
	{name: "me by Basic", samples: 12, ask: func(who person) (string, map[string]any, string) {
		return `{ me { email } }`, nil, wrongPassword
	}},
	{name: "register", samples: 24, signsUp: true, ask: func(who person) (string, map[string]any, string) {
		return `mutation($e: String!, $p: String!) { register(input: {email: $e, password: $p}) { confirmationRequired tokens { accessToken } user { id } errors { code message path } } }`,
			map[string]any{"e": who.email(), "p": wrongPassword}, ""
	}},
	{name: "requestPasswordReset", samples: 40, ask: func(who person) (string, map[string]any, string) {
		return `mutation($e: String!) { requestPasswordReset(input: {email: $e}) { errors { code message path } } }`, map[string]any{"e": who.email()}, ""
	}},
	{name: "resendConfirmationEmail", samples: 40, ask: func(who person) (string, map[string]any, string) {
		return `mutation($e: String!) { resendConfirmationEmail(input: {email: $e}) { errors { code message path } } }`, map[string]any{"e": who.email()}, ""
	}},
	{name: "requestLoginCode", samples: 40, ask: func(who person) (string, map[string]any, string) {
		return `mutation($e: String!) { requestLoginCode(input: {email: $e}) { requestId errors { code message path } } }`, map[string]any{"e": who.email()}, ""
	}},
}

// request is the question as it goes over the wire, through a proxy that speaks https to the world.
func (q question) request(ctx context.Context, p *process, who person) *http.Request {
	p.t.Helper()
	document, variables, basic := q.ask(who)
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Forwarded-For", "203.0.113.7")
	request.Header.Set("X-Forwarded-Proto", "https")
	if basic != "" {
		request.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(who.email()+":"+basic)))
	}
	return request
}

// put asks the question and returns the answer and how long it took to the last byte.
func (q question) put(p *process, client *http.Client, who person) (answered, time.Duration) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request := q.request(ctx, p, who)
	begun := time.Now()
	response, err := client.Do(request)
	if err != nil {
		p.t.Fatalf("%s: %v", q.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	took := time.Since(begun)
	if err != nil {
		p.t.Fatalf("%s: %v", q.name, err)
	}
	return answered{status: response.StatusCode, header: response.Header, body: string(body)}, took
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// face is all of an answer that can be compared: what is random in each, or tells the time, is not.
func (a answered) face(t *testing.T) string {
	t.Helper()
	for _, header := range []string{"Date", "X-Request-Id"} {
		if a.header.Get(header) == "" {
			t.Errorf("the answer has no %s", header)
		}
		a.header.Set(header, "")
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d\n", a.status)
	if err := a.header.Write(&text); err != nil { // sorted by name
		t.Fatal(err)
	}
	text.WriteString("\n" + a.body)
	return anyID.ReplaceAllString(text.String(), "an id")
}

// TestAnswersAreTheSameForEverybody compares status, headers and bytes of the answers about an address
// that nobody has with those about all others.
func TestAnswersAreTheSameForEverybody(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			people := accounts(t, settings, 1, unknown, confirmed, disabled, waiting, unconfirmed, passwordless)
			p := serve(t, settings, equalSettings, mailTo(smtptest.New(t)))
			p.wait(people[waiting])

			asked := append(questions, question{name: "login with what would be the password", ask: func(who person) (string, map[string]any, string) {
				document, variables, _ := questions[0].ask(who)
				variables["p"] = password
				return document, variables, ""
			}})
			for _, q := range asked {
				t.Run(q.name, func(t *testing.T) {
					first, _ := q.put(p, http.DefaultClient, people[unknown][0])
					want := first.face(t)
					if first.status != http.StatusOK || !strings.Contains(want, `"errors":[`) {
						t.Fatalf("about an unknown address it is answered with\n%s", want)
					}
					for standing, who := range people {
						if q.name == asked[len(asked)-1].name && (standing == confirmed || standing == disabled) {
							continue // the password is theirs, and they are told so
						}
						answer, _ := q.put(p, http.DefaultClient, who[0])
						if diff := cmp.Diff(want, answer.face(t)); diff != "" {
							t.Errorf("another answer for an address that is %s (-unknown +this):\n%s", standing, diff)
						}
					}
				})
			}
		})
	}
}
