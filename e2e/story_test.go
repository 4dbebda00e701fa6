package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// TestTheWholeStory signs up, confirms, logs in, restarts the server, resets the password on the
// server's own page and logs out, with every mail received by SMTP.
func TestTheWholeStory(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smtp := smtptest.New(t)
			settings := database(t)
			first := serve(t, settings, mailTo(smtp))
			first.register()
			letter := smtp.WaitFor(t, 1)
			if letter.To != email || !strings.HasPrefix(letter.Link(), first.url[:len("http://")]) {
				t.Fatalf("the mail is to %s, its link to %s", letter.To, hideTokens(letter.Link()))
			}
			openingChangesNothing(first, letter.Link())
			first.confirm(letter.Token())
			token := first.login(password)
			first.me(token)
			if took := first.stop(); took > 15*time.Second {
				t.Errorf("stopping took %v", took)
			}

			second := serve(t, settings, mailTo(smtp))
			t.Logf("from start to the first healthy answer on an existing database: %v, resident memory %s", second.startup, resident(second))
			second.me(token)
			answer := second.graphql("", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`, nil)
			second.expect("ask for a reset", answer, `{"data":{"requestPasswordReset":{"errors":[]}}}`)
			resetOnThePage(second, smtp.WaitFor(t, 2).Token())
			if notice := smtp.WaitFor(t, 3); !strings.Contains(notice.Subject, "password") || notice.Link() != "" && notice.Token() != "" {
				t.Errorf("the notice is %q", notice.Subject)
			}
			if answer := second.graphql(token, `{ me { email } }`, nil); !strings.Contains(answer, `"UNAUTHENTICATED"`) {
				t.Errorf("after the reset the old session answers %s", answer)
			}
			token = second.login("another horse battery")
			second.me(token)
			second.expect("log out", second.graphql(token, `mutation { logout { errors { code } } }`, nil), `{"data":{"logout":{"errors":[]}}}`)
			if answer := second.graphql(token, `{ me { email } }`, nil); !strings.Contains(answer, `"UNAUTHENTICATED"`) {
				t.Errorf("after the logout the session answers %s", answer)
			}

			noSecrets(t, first, second)
			if got := len(smtp.Messages()); got != 3 {
				t.Errorf("%d mails came, want 3", got)
			}
		})
	}
}

// openingChangesNothing looks at a mailed link as a browser or a scanner would.
func openingChangesNothing(p *process, link string) {
	p.t.Helper()
	at, err := url.Parse(link)
	if err != nil {
		p.t.Fatal(err)
	}
	for range 3 {
		status, body := p.get(at.RequestURI())
		if status != http.StatusOK || !strings.Contains(body, "<form") {
			p.t.Fatalf("the link answers %d, without its button", status)
		}
		if status, _ := p.do(http.MethodHead, at.RequestURI(), nil, ""); status != http.StatusOK {
			p.t.Fatalf("HEAD of the link answers %d", status)
		}
	}
}

// resetOnThePage presses the button of the server's own page.
func resetOnThePage(p *process, token string) {
	p.t.Helper()
	form := url.Values{"token": {token}, "password": {"another horse battery"}}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
	if status, body := p.do(http.MethodPost, "/reset", header, form.Encode()); status != http.StatusOK {
		p.t.Fatalf("the page answers %d:\n%s", status, hideTokens(body))
	}
}

// noSecrets looks through everything that the servers printed.
func noSecrets(t *testing.T, processes ...*process) {
	t.Helper()
	for _, p := range processes {
		out := p.output.String()
		if anyToken.MatchString(out) || strings.Contains(out, "horse battery") || strings.Contains(out, "$argon2id") {
			t.Error("got a secret in the output of the server, want none")
		}
		if strings.Contains(out, `"level":"ERROR"`) {
			t.Errorf("the server logged an error:\n%s", hideTokens(out))
		}
	}
}

// resident is the memory of a process, where the system tells it.
func resident(p *process) string {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return "not known here"
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return "not known here"
}

// TestACrashLosesNothing kills the server the moment it has answered: the sign-up and its mail are
// there when it comes back.
func TestACrashLosesNothing(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smtp := smtptest.New(t)
			settings := database(t)
			crashing := serve(t, settings, mailTo(smtp))
			crashing.register()
			crashing.kill()

			restarted := serve(t, settings, mailTo(smtp))
			restarted.confirm(smtp.WaitFor(t, 1).Token())
			restarted.me(restarted.login(password))
		})
	}
}

// TestReplicas starts three at once on an empty database; what one begins another ends, and each
// mail leaves once.
func TestReplicas(t *testing.T) {
	t.Parallel()
	smtp := smtptest.New(t)
	settings := onPostgres(t, pgtest.URL(t))
	settings["LATCHKEY_RATE_LIMITS"] = "signup=off"
	started := make(chan *process, 3)
	for range cap(started) {
		go func() { started <- serve(t, settings, mailTo(smtp)) }()
	}
	a, b, c := <-started, <-started, <-started

	a.register()
	b.confirm(smtp.WaitFor(t, 1).Token())
	token := c.login(password)
	a.me(token)
	b.me(token)
	b.expect("log out", b.graphql(token, `mutation { logout { errors { code } } }`, nil), `{"data":{"logout":{"errors":[]}}}`)
	a.hears("of the logout", token, `{ me { email } }`, `"UNAUTHENTICATED"`)

	for i := range 20 {
		p := []*process{a, b, c}[i%3]
		p.graphql("", fmt.Sprintf(`mutation { register(input: {email: "user%d@example.com", password: "`+password+`"}) { errors { code } } }`, i), nil)
	}
	smtp.WaitFor(t, 21)
	for _, p := range []*process{a, b, c} {
		p.stop() // what was being sent is sent now
	}
	if got := len(smtp.Messages()); got != 21 {
		t.Errorf("%d mails came, want 21", got)
	}
	noSecrets(t, a, b, c)
}
