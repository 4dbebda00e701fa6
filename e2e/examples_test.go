package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestTheExampleInGo builds the program and signs up with it, where access tokens are opaque and where
// they are JWTs.
func TestTheExampleInGo(t *testing.T) {
	built := filepath.Join(t.TempDir(), "example")
	runIn(t, "..", command(t, "go", "build", "-o", built, "./examples/go"))
	for _, mode := range []string{"opaque", "jwt"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": mode, "LATCHKEY_EMAIL_VERIFICATION": "none"})
			try := func(password string, arguments ...string) (string, error) {
				program := command(t, built, append([]string{"-url", p.url, "-email", email}, arguments...)...)
				program.Stdin = strings.NewReader(password + "\n")
				out, err := program.CombinedOutput()
				if text := string(out); hideAll(text) != text {
					t.Error("the program prints a token")
				}
				return string(out), err
			}
			const story = "Ada <ada@example.com>\nAda <ada@example.com>\nLogged out.\n"
			if out, err := try(password, "-sign-up", "Ada"); err != nil || out != story {
				t.Errorf("signing up: %v, %s", err, hideAll(out))
			}
			if out, err := try(password, "-sign-up", "Ada"); err == nil || !strings.HasPrefix(out, "There is such an account already") {
				t.Errorf("signing up again: %v, %s", err, hideAll(out))
			}
			if out, err := try(password); err != nil || out != story {
				t.Errorf("logging in: %v, %s", err, hideAll(out))
			}
			if out, err := try("not this one"); err == nil || !strings.HasPrefix(out, "The address or the password is wrong") {
				t.Errorf("a wrong password: %v, %s", err, hideAll(out))
			}
		})
	}
	t.Run("where addresses are confirmed first", func(t *testing.T) {
		t.Parallel()
		p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()})
		program := command(t, built, "-url", p.url, "-email", email, "-sign-up", "Ada")
		program.Stdin = strings.NewReader(password + "\n")
		if out, err := program.Output(); err != nil || string(out) != "Open the mailed link, then log in.\n" {
			t.Errorf("%v, %s", err, hideAll(string(out)))
		}
	})
}
