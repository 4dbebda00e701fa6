package e2e

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// latchkey runs a command of the program and returns what it prints and whether it succeeded.
func latchkey(t *testing.T, stdin string, settings map[string]string, args ...string) (stdout, stderr string, ok bool) {
	t.Helper()
	command := exec.CommandContext(t.Context(), binary, args...)
	command.Env = environment(settings, map[string]string{"LATCHKEY_ENV": "development"})
	command.Dir = t.TempDir()
	command.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	return out.String(), errs.String(), err == nil
}

// TestAccountsFromTheCommandLine does to accounts what an operator can, while a server runs on them.
func TestAccountsFromTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			run := func(stdin, want string, args ...string) {
				t.Helper()
				out, errs, ok := latchkey(t, stdin, settings, args...)
				if !ok || !strings.Contains(out, want) {
					t.Fatalf("%s: succeeded %v, printed %q, want %q in it; errors: %s", strings.Join(args, " "), ok, out, want, errs)
				}
			}
			fails := func(stdin, want string, args ...string) {
				t.Helper()
				_, errs, ok := latchkey(t, stdin, settings, args...)
				if ok || !strings.Contains(errs, want) {
					t.Fatalf("%s: succeeded %v, said %q, want %q in it", strings.Join(args, " "), ok, errs, want)
				}
			}

			run("", "0001_", "migrate")
			run("", "up to date", "migrate")
			run(password+"\n", "created, STAFF", "user", "create", email, "--name", "Ada", "--role", "staff", "--confirmed")
			fails(password+"\n", "There is an account", "user", "create", "ADA@example.com")
			fails("short\n", "at least 8", "user", "create", "bob@example.com")
			fails("", "no password came", "user", "create", "bob@example.com")
			run("", "confirmed", "user", "list")

			p := serve(t, settings)
			token := p.login(password)
			p.me(token)
			run("", "role is ADMIN", "user", "role", email, "admin")
			fails("", "unknown role", "user", "role", email, "king")
			fails("", "no user with this address", "user", "role", "nobody@example.com", "ADMIN")
			p.hears("of the role", token, `{ me { role } }`, `{"data":{"me":{"role":"ADMIN"}}}`)

			run("another horse battery\n", "password is set", "user", "set-password", email)
			p.hears("of the password", token, `{ me { role } }`, "UNAUTHENTICATED")
			token = p.login("another horse battery")
			run("", "disabled", "user", "disable", email)
			p.hears("that it is disabled", token, `{ me { role } }`, "UNAUTHENTICATED")
			answer := p.graphql("", `mutation { login(input: {email: "`+email+`", password: "another horse battery"}) { errors { code } } }`, nil)
			p.expect("login of a disabled user", answer, `{"data":{"login":{"errors":[{"code":"ACCOUNT_DISABLED"}]}}}`)
			run("", "enabled", "user", "enable", email)
			p.login("another horse battery")

			p.graphql("", `mutation { register(input: {email: "eve@example.com", password: "eves horse battery"}) { errors { code } } }`, nil)
			run("", "sign-up, not confirmed", "user", "list")
			run("", "confirmed", "user", "confirm", "eve@example.com")
			answer = p.graphql("", `mutation { login(input: {email: "eve@example.com", password: "eves horse battery"}) { user { email } } }`, nil)
			p.expect("login of the confirmed", answer, `{"data":{"login":{"user":{"email":"eve@example.com"}}}}`)
		})
	}
}

func TestSettingsThatAreFaultyAreToldAllAtOnce(t *testing.T) {
	t.Parallel()
	settings := map[string]string{
		"LATCHKEY_ENV": "production", "LATCHKEY_REGISTRATION": "ajar", "LATCHKEY_SMTP_URL": "http://user:canary@mail", "LATCHKEY_MIGRATE": "perhaps",
	}
	command := exec.CommandContext(t.Context(), binary)
	command.Env = environment(settings)
	out, err := command.CombinedOutput()
	if err == nil {
		t.Fatal("got a started program, want a refusal")
	}
	for _, name := range []string{"LATCHKEY_PUBLIC_URL", "LATCHKEY_SECRET_KEY", "LATCHKEY_SMTP_URL", "LATCHKEY_MAIL_FROM", "LATCHKEY_REGISTRATION", "LATCHKEY_MIGRATE"} {
		if !strings.Contains(string(out), name) {
			t.Errorf("%s is not told", name)
		}
	}
	if strings.Contains(string(out), "canary") {
		t.Error("the password of the SMTP server is told")
	}
}

func TestAMistypedSettingIsToldWithTheFaults(t *testing.T) {
	t.Parallel()
	command := exec.CommandContext(t.Context(), binary)
	command.Env = environment(map[string]string{"LATCHKEY_ENV": "production", "LATCHKEY_SMTP_ULR": "smtp://user:canary@mail"})
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "did you mean LATCHKEY_SMTP_URL?") || strings.Contains(string(out), "canary") {
		t.Errorf("%v:\n%s", err, out)
	}
}

func TestAPasswordOnTheCommandLineIsNotRepeated(t *testing.T) {
	t.Parallel()
	_, errs, ok := latchkey(t, "", nil, "user", "set-password", email, "canary")
	if ok || strings.Contains(errs, "canary") || !strings.Contains(errs, "standard input") {
		t.Errorf("succeeded %v, said %q", ok, errs)
	}
}

func TestHalfAPasswordIsNotLookedUp(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"DATABASE_URL": "postgres://user:half@canary@127.0.0.1:1/x", "LATCHKEY_SECRET_KEY": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
	if _, errs, ok := latchkey(t, "", settings, "user", "list"); ok || strings.Contains(errs, "canary") {
		t.Errorf("succeeded %v, said %q", ok, errs)
	}
}

func TestTheServerWarnsOfUnknownSettings(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_REGISTRASION": "open"})
	if !strings.Contains(p.output.String(), "did you mean LATCHKEY_REGISTRATION?") {
		t.Errorf("no warning:\n%s", p.output)
	}
}

func TestTheServerWarnsOfMissingLimits(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_RATE_LIMITS": "off"})
	if !strings.Contains(p.output.String(), "nothing is limited") {
		t.Errorf("no warning:\n%s", p.output)
	}
}

func TestWithoutMigratingTheServerAsksForIt(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_MIGRATE": "false", "LATCHKEY_ADDR": "127.0.0.1:0"}
	if _, errs, ok := latchkey(t, "", settings); ok || !strings.Contains(errs, "latchkey migrate") {
		t.Fatalf("started: %v, said %q", ok, errs)
	}
	if _, errs, ok := latchkey(t, "", settings, "migrate"); !ok {
		t.Fatalf("migrate failed: %s", errs)
	}
	serve(t, settings).stop()
}

func TestTheCommandLineHelps(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"migrate", "--help"}, {"user", "--help"}, {"user", "create", "--help"}, {"client", "--help"}, {"client", "create", "--help"}, {"audit", "--help"}, {"gc", "--help"}, {"config", "--help"}} {
		out, _, ok := latchkey(t, "", nil, args...)
		if !ok || !strings.Contains(out, "Usage: latchkey") || !strings.Contains(out, "--database-url") {
			t.Errorf("%v: succeeded %v, prints %q", args, ok, out)
		}
	}
	if out, _, ok := latchkey(t, "", nil, "version"); !ok || !strings.HasPrefix(out, "latchkey ") {
		t.Errorf("version: %v %q", ok, out)
	}
	if _, errs, ok := latchkey(t, "", nil, "serv"); ok || !strings.Contains(errs, "latchkey --help") {
		t.Errorf("a wrong command: %v %q", ok, errs)
	}
	settings := map[string]string{"DATABASE_URL": "postgres://me:canary@db/x"}
	if out, _, _ := latchkey(t, "", settings, "config"); !strings.Contains(out, "LATCHKEY_DATA_DIR") || strings.Contains(out, "canary") {
		t.Errorf("config prints %q", out)
	}
}
