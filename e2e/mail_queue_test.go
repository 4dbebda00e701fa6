package e2e

import (
	"bufio"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// queueLine is what `latchkey mail queue --json` prints of a mail.
type queueLine struct {
	ID, Kind, State, For, Reason string
	Attempts                     int
	DueAt, GivenUpAt             *string
}

// queue returns what the command lists.
func queue(t *testing.T, settings map[string]string) []queueLine {
	t.Helper()
	out, errs, ok := latchkey(t, "", settings, "mail", "queue", "--json")
	if !ok {
		t.Fatalf("mail queue failed: %s", errs)
	}
	if anyToken.MatchString(out) {
		t.Error("got a token in the queue, want none")
	}
	var lines []queueLine
	for scanner := bufio.NewScanner(strings.NewReader(out)); scanner.Scan(); {
		var line queueLine
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", scanner.Text(), err)
		}
		lines = append(lines, line)
	}
	return lines
}

// TestMailWaitsForItsServer signs up and asks for resets while there is no mail server. When it is back,
// the sign-ups leave in order, and of the resets one, which waits for no sign-up.
func TestMailWaitsForItsServer(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smtp, err := smtptest.NewServer()
			if err != nil {
				t.Fatal(err)
			}
			settings := database(t)
			settings["LATCHKEY_RATE_LIMITS"] = "off" // these are more emails than the address has from one client
			p := serve(t, settings, mailTo(smtp))
			address := smtp.Addr()
			if err := smtp.Close(); err != nil {
				t.Fatal(err)
			}
			p.register()
			p.register()
			for range 3 {
				answer := p.graphql("", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`, nil)
				p.expect("ask for a reset", answer, `{"data":{"requestPasswordReset":{"errors":[]}}}`)
			}
			waitUntil(t, "the first sign-up and the newest reset are tried again", func() bool {
				tried := map[string]int{}
				lines := queue(t, settings)
				for _, line := range lines {
					if line.Attempts > 1 && strings.Contains(line.Reason, "refused") {
						tried[line.Kind]++
					}
				}
				return len(lines) == 3 && tried["sign_up"] == 1 && tried["password_reset"] == 1
			})
			if lines := queue(t, settings); lines[0].Kind != "sign_up" || lines[1].Kind != "sign_up" || lines[0].Attempts == 0 || lines[1].Attempts != 0 {
				t.Errorf("the second sign-up has overtaken the first: %+v", lines)
			}

			back := smtptest.New(t, smtptest.WithAddr(address))
			if out, errs, ok := latchkey(t, "", settings, "mail", "queue", "retry", "all"); !ok {
				t.Fatalf("mail queue retry: got a failure, want none: %s %s", out, errs)
			}
			back.WaitFor(t, 3)
			waitUntil(t, "the queue is empty", func() bool { return len(queue(t, settings)) == 0 })
			about := map[string][]*smtptest.Message{}
			for _, mail := range back.Messages() {
				about[mail.Subject] = append(about[mail.Subject], mail)
			}
			if len(about["Confirm your email address"]) != 2 || len(about["Choose a new password"]) != 1 || len(back.Messages()) != 3 {
				t.Fatalf("%d mails came, about %d things", len(back.Messages()), len(about))
			}
			p.confirm(about["Confirm your email address"][0].Token())
		})
	}
}

// TestTheMailQueueFromTheCommandLine looks at mail that was refused for good, sends it after all, and
// removes what is not wanted any more.
func TestTheMailQueueFromTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			smtp := smtptest.New(t)
			p := serve(t, settings, mailTo(smtp))
			run := func(want string, args ...string) {
				t.Helper()
				out, errs, ok := latchkey(t, "", settings, append([]string{"mail", "queue"}, args...)...)
				if !ok || !regexp.MustCompile(want).MatchString(out) {
					t.Fatalf("%v: succeeded %v, printed %q, want %q in it; errors: %s", args, ok, out, want, errs)
				}
			}
			fails := func(want string, args ...string) {
				t.Helper()
				if _, errs, ok := latchkey(t, "", settings, append([]string{"mail", "queue"}, args...)...); ok || !strings.Contains(errs, want) {
					t.Fatalf("%v: succeeded %v, said %q, want %q in it", args, ok, errs, want)
				}
			}
			givenUp := func(count int) []queueLine {
				t.Helper()
				var lines []queueLine
				waitUntil(t, "the mail is given up", func() bool {
					lines = queue(t, settings)
					return len(lines) == count && lines[count-1].State == "given up"
				})
				return lines
			}

			run("^No mail waits", "list")
			smtp.FailNext(1, 550)
			p.register()
			line := givenUp(1)[0]
			if line.Kind != "sign_up" || line.For != email || line.Reason != "RCPT TO: the mail server answered 550 5.1.1 (address)" ||
				line.Attempts != 1 || line.DueAt != nil || line.GivenUpAt == nil {
				t.Errorf("the line is %+v", line)
			}
			run(`(?m)^ID +KIND +STATE +AGE +ATTEMPTS +NEXT +FOR +REASON$`)
			run(`(?m)^` + line.ID + `  sign_up +given up  \d+s +1  - +` + regexp.QuoteMeta(email) + ` +RCPT TO: .* 550 5\.1\.1 \(address\)$`)
			if !strings.Contains(p.output.String(), `"msg":"mail: given up"`) {
				t.Error("got no line in the log, want one")
			}

			fails("is no id of a mail", "retry", "everything")
			fails("no mail with this id", "retry", "0190a1b2-0000-7000-8000-000000000000")
			run("to be sent now: 1", "retry", line.ID)
			p.confirm(smtp.WaitFor(t, 1).Token())
			waitUntil(t, "the queue is empty", func() bool { return len(queue(t, settings)) == 0 })

			smtp.FailNext(2, 550)
			for i := range 2 {
				p.graphql("", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`, nil)
				givenUp(i + 1)
			}
			fails("no mail with this id", "drop", "0190a1b2-0000-7000-8000-000000000000")
			run("^removed: 1", "drop", queue(t, settings)[0].ID)
			run("^removed: 1", "drop", "all")
			run("^removed: 0", "drop", "all")
			run("^to be sent now: 0", "retry", "all")
		})
	}
}
