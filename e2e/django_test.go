package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// debianPython is Debian's, which has Debian's Django.
const debianPython = "/usr/bin/python3"

// django is a project of Django in a folder of its own, in whose shell "python" and "latchkey" are programs.
type django struct {
	t        *testing.T
	folder   string
	settings map[string]string // of the server that its users move to
}

func newDjango(t *testing.T, settings map[string]string) *django {
	t.Helper()
	if err := exec.CommandContext(t.Context(), debianPython, "-c", "import django, bcrypt, argon2").Run(); err != nil {
		missing(t, "Django (Debian: python3-django python3-bcrypt python3-argon2)", "LATCHKEY_TEST_DJANGO")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("testdata/django")); err != nil {
		t.Fatal(err)
	}
	programs := filepath.Join(folder, "bin")
	if err := os.Mkdir(programs, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"python": debianPython, "latchkey": binary} {
		if err := os.Symlink(program, filepath.Join(programs, name)); err != nil {
			t.Fatal(err)
		}
	}
	d := &django{t, folder, settings}
	d.runs("python manage.py makemigrations account socialaccount mfa knox && python manage.py migrate && python manage.py shell <users.py")
	return d
}

// runs has a shell run commands, each of which has to succeed, and returns what they print.
func (d *django) runs(commands string) string {
	d.t.Helper()
	shell := command(d.t, "sh", "-euc", commands)
	shell.Dir = d.folder
	shell.Env = environment(d.settings, map[string]string{
		"LATCHKEY_ENV": "development", "PATH": filepath.Join(d.folder, "bin") + ":" + os.Getenv("PATH"), "PYTHONIOENCODING": "utf-8",
	})
	out, err := shell.CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s: %v\n%s", commands, err, hideTokens(string(out)))
	}
	return string(out)
}

// moveCommands are those of the section about the move in docs/from-django.md, step by step.
func moveCommands(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile("../docs/from-django.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## The move\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var steps []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		steps = append(steps, block[1])
	}
	if len(steps) != 3 {
		t.Fatalf("got %d steps in docs/from-django.md, want 3", len(steps))
	}
	return steps
}

// TestTheMoveFromDjango does what docs/from-django.md says to a real project, with both systems side by side: everybody
// signs in with the password that they have.
func TestTheMoveFromDjango(t *testing.T) {
	t.Parallel()
	steps := moveCommands(t)
	settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_USERNAMES": "optional", "LATCHKEY_RATE_LIMITS": "off"}
	d := newDjango(t, settings)
	p := serve(t, settings)
	const theirs, changed = "Paßwört u\u0308ber 17", "changed in Django meanwhile"
	signsIn := func(name, password string) string {
		t.Helper()
		return p.graphql("", `mutation($e: String!, $p: String!) { login(input: {email: $e, password: $p}) { tokens { expiresAt } challenge { kind } errors { code } } }`,
			map[string]any{"e": name + "@example.com", "p": password})
	}
	in := func(name, password string) {
		t.Helper()
		if answer := signsIn(name, password); !strings.Contains(answer, "expiresAt") {
			t.Errorf("%s cannot sign in: %s", name, answer)
		}
	}
	refused := func(name, password, code string) {
		t.Helper()
		if answer := signsIn(name, password); !strings.Contains(answer, code) {
			t.Errorf("%s with another password: got %s, want %s", name, answer, code)
		}
	}

	out := d.runs(steps[0])
	if strings.Count(out, "13 rows: 12 created, 0 updated, 0 unchanged, 0 skipped, 1 refused") != 2 || !strings.Contains(out, "dry run") {
		t.Fatalf("got %s, want 12 of 13 users, in the dry run and then", out)
	}
	report, err := os.ReadFile(filepath.Join(d.folder, "report.ndjson"))
	if err != nil || !strings.Contains(string(report), "several addresses") || !strings.Contains(string(report), "tokens of knox") || strings.Contains(string(report), "example.com") {
		t.Errorf("got the report %s (%v), want the second address and the token in it, and nothing of the rows", report, err)
	}
	for _, name := range []string{"pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt", "sha1", "md5", "several"} {
		refused(name, "wrong horse battery", "INVALID_CREDENTIALS")
		in(name, theirs)
		in(name, theirs) // by the hash that has replaced Django's
	}
	refused("inactive", theirs, "ACCOUNT_DISABLED")
	refused("unverified", theirs, "INVALID_CREDENTIALS") // and the link to confirm the address is mailed
	refused("social", theirs, "INVALID_CREDENTIALS")
	refused("factor", theirs, `"kind":"PROVE"`)

	d.runs("python manage.py shell <later.py")
	if out = d.runs(steps[1]); !strings.Contains(out, "14 rows: 1 created, 1 updated, 11 unchanged, 0 skipped, 1 refused") {
		t.Errorf("the second import: got %s, want one new user and one new password", out)
	}
	in("late", "came late to Django")
	in("bcrypt_sha256", changed)
	refused("bcrypt_sha256", theirs, "INVALID_CREDENTIALS")
	in("argon2", theirs) // who has signed in here before
	refused("argon2", changed, "INVALID_CREDENTIALS")

	out, errs, ok := latchkey(t, "correct horse battery", settings, "user", "create", "new@example.com")
	if !ok {
		t.Fatalf("create a user: %s %s", out, errs)
	}
	d.runs(steps[2])
	news, err := os.ReadFile(filepath.Join(d.folder, "new-users.ndjson"))
	var user struct{ Email string }
	if err != nil || json.Unmarshal(news, &user) != nil || user.Email != "new@example.com" {
		t.Errorf("got the new users %s (%v), want the one who came here", news, err)
	}
	if out = d.runs("python manage.py shell <still.py"); !strings.Contains(out, "still: 10") {
		t.Errorf("after the move back, Django: %s, want 10 users who have their passwords", out)
	}
}
