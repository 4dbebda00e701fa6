package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asked is what the examples ask of a user who has an authenticator app.
const asked = "Code of your authenticator app, or a recovery code: "

// enrolledBy sets up an authenticator app of the user, and returns its next code.
func enrolledBy(t *testing.T, p *process) (next string) {
	t.Helper()
	token := p.login(password)
	setup := p.asked(token, `mutation { in: beginTotp { setup secret } }`, nil)
	secret, begun := fmt.Sprint(setup["secret"]), time.Now()
	confirmed := p.asked(token, `mutation($s: String!, $c: String!) { in: confirmTotp(input: {setup: $s, code: $c}) { recoveryCodes errors { code } } }`,
		map[string]any{"s": setup["setup"], "c": oathtool(t, secret, begun)})
	if codes, _ := confirmed["recoveryCodes"].([]any); len(codes) != 10 {
		t.Fatalf("the app is not set up: %v", confirmed["errors"])
	}
	return oathtool(t, secret, begun.Add(30*time.Second)) // a clock may be a step ahead
}

// TestTheExampleInGo builds the program and signs up with it, where access tokens are opaque and where
// they are JWTs.
func TestTheExampleInGo(t *testing.T) {
	t.Parallel()
	built := filepath.Join(t.TempDir(), "example")
	runIn(t, "../examples/go", command(t, "go", "build", "-o", built, "."))
	for _, mode := range []string{"opaque", "jwt"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": mode, "LATCHKEY_EMAIL_VERIFICATION": "none"})
			try := func(password string, arguments ...string) (string, error) {
				program := command(t, built, append([]string{"-url", p.url, "-email", email}, arguments...)...)
				program.Stdin = strings.NewReader(password + "\n")
				out, err := program.CombinedOutput()
				if text := string(out); hideAll(text) != text {
					t.Error("got a token in the output, want none")
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
			ahead := enrolledBy(t, p)
			if out, err := try(password + "\n" + ahead); err != nil || out != asked+story {
				t.Errorf("the second step: %v, %s", err, hideAll(out))
			}
			if out, err := try(password + "\n000000"); err == nil || !strings.HasPrefix(out, asked+"This code does not work") {
				t.Errorf("a wrong code: %v, %s", err, hideAll(out))
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
			t.Errorf("got %v, %s, want to be told to open the mailed link", err, hideAll(string(out)))
		}
	})
}

// installed returns a copy of a folder in JavaScript (examples/react) with its packages, and with the schema where
// it looks for that. Its commands are `npm run` those of its package.json.
func installed(t *testing.T, name string) (folder string) {
	t.Helper()
	needed(t, "node", "LATCHKEY_TEST_NODE")
	needed(t, "npm", "LATCHKEY_TEST_NODE")
	root := t.TempDir()
	folder = copied(t, root, name)
	if err := npmInstall(folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// copied copies a folder of the project, without what is built in it, and the schema, to the same places below root.
func copied(t *testing.T, root, name string) (folder string) {
	t.Helper()
	source := filepath.Join("..", name)
	folder = filepath.Join(root, name)
	copyFile := func(from, to string) {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		place(t, filepath.Dir(to), filepath.Base(to), string(text))
	}
	copyFile(filepath.Join("..", "schema.graphqls"), filepath.Join(root, "schema.graphqls"))
	if err := os.MkdirAll(filepath.Join(root, "graph"), 0o700); err != nil {
		t.Fatal(err)
	}
	parts, err := filepath.Glob(filepath.Join("..", "graph", "*.graphqls"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		copyFile(part, filepath.Join(root, "graph", filepath.Base(part)))
	}
	err = filepath.WalkDir(source, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Name() == "node_modules" || entry.Name() == "dist":
			return fs.SkipDir
		case !entry.IsDir():
			copyFile(path, filepath.Join(folder, strings.TrimPrefix(path, source)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// generatedAnew fails the test unless the types in a copy of a folder are those of the schema.
func generatedAnew(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "src", "generated.ts")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	runIn(t, folder, command(t, "npm", "run", "--silent", "generate"))
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(before) != string(after) {
		t.Error("src/generated.ts is not what is written from the schema: run `npm run generate` in that folder, and commit what it changes")
	}
}

// withNewCode adds a code of errors to the schema of a copy of an example.
func withNewCode(t *testing.T, folder string) {
	t.Helper()
	path := filepath.Join(folder, "..", "..", "schema.graphqls")
	schema, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "enum UserErrorCode {\n"
	if !strings.Contains(string(schema), begin) {
		t.Fatal("the schema has no UserErrorCode where the test looks for it")
	}
	place(t, filepath.Dir(path), filepath.Base(path), strings.Replace(string(schema), begin, begin+"  BRAND_NEW\n", 1))
	runIn(t, folder, command(t, "npm", "run", "--silent", "generate"))
}

// TestTheExampleInTypeScript generates, compiles and runs it.
func TestTheExampleInTypeScript(t *testing.T) {
	t.Parallel()
	folder := installed(t, "examples/typescript")
	generatedAnew(t, folder)
	runIn(t, folder, command(t, "npm", "run", "--silent", "build"))

	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_EMAIL_VERIFICATION": "none"})
	for _, c := range []struct{ what, password, want string }{
		{"signing up", password, "Ada <ada@example.com>\nLogged out.\n"},
		{"logging in", password, "Ada <ada@example.com>\nLogged out.\n"},
		{"a wrong password", "not this one", "The address or the password is wrong.\n"},
	} {
		program := command(t, "node", "dist/main.js", p.url, email)
		program.Stdin = strings.NewReader(c.password + "\n")
		if out := runIn(t, folder, program); out != c.want {
			t.Errorf("%s: got %s, want %s", c.what, hideAll(out), c.want)
		}
	}
	program := command(t, "node", "dist/main.js", p.url, email)
	program.Stdin = strings.NewReader(password + "\n" + enrolledBy(t, p) + "\n")
	if out := runIn(t, folder, program); out != asked+"Ada <ada@example.com>\nLogged out.\n" {
		t.Errorf("the second step: got %s", hideAll(out))
	}
	t.Run("a code that the switch does not know is a fault of types", func(t *testing.T) {
		withNewCode(t, folder)
		check := command(t, "npm", "run", "--silent", "check")
		check.Dir = folder
		if out, err := check.CombinedOutput(); err == nil || !strings.Contains(string(out), "src/errors.ts") || !strings.Contains(string(out), "BRAND_NEW") {
			t.Errorf("tsc says (%v)\n%s", err, out)
		}
	})
}
