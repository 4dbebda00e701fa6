package e2e

import (
	"bufio"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestTheAuditTrailFromTheCommandLine reads what happened on a server that runs.
func TestTheAuditTrailFromTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			run := func(stdin string, args ...string) string {
				t.Helper()
				out, errs, ok := latchkey(t, stdin, settings, args...)
				if !ok {
					t.Fatalf("%s failed: %s", strings.Join(args, " "), errs)
				}
				return out
			}
			run(password+"\n", "user", "create", email, "--confirmed")
			run("", "user", "role", email, "staff", "--reason", "on call this week")
			p := serve(t, settings)
			p.login(password)
			p.graphql("", `mutation { login(input: {email: "`+email+`", password: "not the one"}) { errors { code } } }`, nil)
			p.graphql("", `mutation { login(input: {email: "nobody@example.com", password: "not the one"}) { errors { code } } }`, nil)

			all := run("", "audit")
			if strings.Contains(all, "not the one") || strings.Contains(all, "nobody@example.com") {
				t.Errorf("a password, or an address that nobody has, is in the trail:\n%s", all)
			}
			wantLines(t, all,
				"TIME ACT OUTCOME USER ADDRESS DEVICE",
				"account_created ok "+email+" - command line",
				"role_set_to_staff ok "+email+" - command line: on call this week",
				"logged_in ok "+email+" 127.0.0.1 Go",
				"logged_in INVALID_CREDENTIALS "+email+" 127.0.0.1 Go",
				"logged_in INVALID_CREDENTIALS - 127.0.0.1 Go")

			hers := run("", "audit", "--user", strings.ToUpper(email), "--since", "24h")
			if lines := strings.Count(hers, "\n"); lines != 5 {
				t.Errorf("of one user there are %d lines:\n%s", lines, hers)
			}
			if later := run("", "audit", "--since", "1ns"); strings.Count(later, "\n") != 1 {
				t.Errorf("of the last moment there is:\n%s", later)
			}
			if _, errs, ok := latchkey(t, "", settings, "audit", "--user", "nobody@example.com"); ok || !strings.Contains(errs, "no user with this address") {
				t.Errorf("of nobody it says: %s", errs)
			}

			scanner, events := bufio.NewScanner(strings.NewReader(run("", "audit", "--json"))), 0
			for ; scanner.Scan(); events++ {
				var event struct {
					At           time.Time
					Act, Outcome string
					UserID       *string
					Actor        *string
					Reason       *string
				}
				if err := json.Unmarshal(scanner.Bytes(), &event); err != nil || event.At.IsZero() || event.Act == "" || event.Outcome == "" {
					t.Errorf("line %d of the JSON is %s (%v)", events+1, scanner.Text(), err)
				}
				if event.Act == "role_set_to_staff" && (event.Actor == nil || *event.Actor != "operator" || event.Reason == nil || *event.Reason != "on call this week") {
					t.Errorf("got %s, want the operator and the reason in it", scanner.Text())
				}
			}
			if events != 5 {
				t.Errorf("%d lines of JSON", events)
			}
		})
	}
}

// wantLines fails the test unless text has these lines: the first as it is, of the others what is
// after the time. Spaces do not count.
func wantLines(t *testing.T, text string, wanted ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != len(wanted) {
		t.Fatalf("there are %d lines, want %d:\n%s", len(lines), len(wanted), text)
	}
	for i, line := range lines {
		words := strings.Fields(line)
		if i > 0 {
			words = words[1:]
		}
		if got := strings.Join(words, " "); got != wanted[i] {
			t.Errorf("line %d is %q, want %q", i+1, got, wanted[i])
		}
	}
}

// TestGarbageIsCollectedFromTheCommandLine says what went, and is no harm to a server that runs.
func TestGarbageIsCollectedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", email, "--name", "Ada", "--confirmed"); !ok {
				t.Fatalf("create failed: %s", errs)
			}
			p := serve(t, settings)
			token := p.login(password)
			out, errs, ok := latchkey(t, "", settings, "gc")
			if !ok || out != "There was nothing to remove.\n" {
				t.Errorf("succeeded %v, printed %q, said %q", ok, out, errs)
			}
			p.me(token)
		})
	}
}
