package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// pages are the pages for clients, and the programs in them: the blocks whose fence names a file, as
// in "```go file=main.go". The tests run them as they are printed, but for ports.
var pages = map[string][]string{
	"README.md":  nil,
	"backend.md": {"main.go", "server.mjs", "verify.py"},
	"javascript.md": {
		"auth.ts", "sign-in.ts", "second-step.ts", "providers.ts", "passkeys.ts", "orders.ts", "tokens.ts", "latchkey.ts", "next-user.ts", "next-middleware.ts", "remix.ts", "svelte-hooks.ts", "hono.ts",
	},
	"mobile-app.md":           {"keychain.mjs", "latchkey.mjs", "app.mjs"},
	"server-rendered-site.md": {"main.go"},
	"single-page-app.md":      {"session.mjs", "index.html", "memory.mjs"},
}

var (
	programBlock = regexp.MustCompile("(?ms)^```(go|js|ts|python|html) ?(?:file=(\\S+))?\n(.*?)^```$")
	aJWT         = regexp.MustCompile(`eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*`)
)

// program returns a program of a page.
func program(t *testing.T, page, file string) string {
	t.Helper()
	for _, block := range programsOf(t, page) {
		if block[2] == file {
			return block[3]
		}
	}
	t.Fatalf("%s has no block with file=%s", page, file)
	return ""
}

func programsOf(t *testing.T, page string) [][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "clients", page))
	if err != nil {
		t.Fatal(err)
	}
	return programBlock.FindAllStringSubmatch(string(text), -1)
}

// TestNoProgramOfThePagesIsLeftOut compares them with what the tests run.
func TestNoProgramOfThePagesIsLeftOut(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/clients/*.md")
	if err != nil || len(files) != len(pages) {
		t.Errorf("there are %d pages, want %v (%v)", len(files), slices.Sorted(maps.Keys(pages)), err)
	}
	for page, want := range pages {
		var got []string
		for _, block := range programsOf(t, page) {
			got = append(got, block[2])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s has the programs %q, want %q", page, got, want)
		}
	}
}

// needed skips the test if a program is missing, or fails it if the variable is "required".
func needed(t *testing.T, program, variable string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		missing(t, program, variable)
	}
}

func missing(t *testing.T, what, variable string) {
	t.Helper()
	if os.Getenv(variable) == "required" {
		t.Fatalf("%s is missing, and %s=required", what, variable)
	}
	t.Skipf("%s is missing, so this is not tested: install it", what)
}

// nodeFolder returns a new folder in which Node finds the packages of e2e/node.
func nodeFolder(t *testing.T) string {
	t.Helper()
	needed(t, "node", "LATCHKEY_TEST_NODE")
	needed(t, "npm", "LATCHKEY_TEST_NODE")
	packages, err := nodePackages()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}

// nodePackages returns the folder of the packages of e2e/node, which it installs once.
var nodePackages = sync.OnceValues(func() (string, error) {
	folder := filepath.Join(temporary, "node")
	if err := os.Mkdir(folder, 0o750); err != nil {
		return "", err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("node", name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(folder, "node_modules"), npmInstall(folder)
})

// npmInstall installs what a folder's lock file says, running nothing of it.
func npmInstall(folder string) error {
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline") //nolint:noctx // several tests may wait for it
	install.Dir = folder
	if out, err := install.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	return nil
}

func place(t *testing.T, folder, name, text string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// node runs a file of testdata in a folder, and returns what it prints.
func node(t *testing.T, folder, file string, env ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	place(t, folder, file, string(text))
	return runIn(t, folder, command(t, "node", file), env...)
}

func command(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), name, arguments...)
}

func runIn(t *testing.T, folder string, command *exec.Cmd, env ...string) string {
	t.Helper()
	command.Dir = folder
	command.Env = append(os.Environ(), env...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command.Args, " "), err, hideAll(string(out)))
	}
	return string(out)
}

func hideAll(text string) string { return aJWT.ReplaceAllString(hideTokens(text), "eyJ…") }

// buildGo builds a program of a page as a part of this module, as `go run` in it would.
func buildGo(t *testing.T, source string) string {
	t.Helper()
	folder := t.TempDir()
	place(t, folder, "main.go", source)
	built := filepath.Join(folder, "program")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", built, filepath.Join(folder, "main.go"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("the program does not build: %v\n%s", err, out)
	}
	return built
}

// freePort returns the address of a port that nobody had a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return fmt.Sprintf("localhost:%d", listener.Addr().(*net.TCPAddr).Port)
}

// example starts a server of a page, waits until it answers, and ends it with the test.
func example(t *testing.T, command *exec.Cmd, address string, env ...string) {
	t.Helper()
	var out output
	command.Env = append(os.Environ(), env...)
	command.Stdout, command.Stderr = &out, &out
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var result error
	ended := make(chan struct{})
	go func() {
		result = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		if err := command.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		<-ended
		if text := out.String(); hideAll(text) != text {
			t.Error("the program of the page prints a token")
		}
	})
	waitUntil(t, "the program of the page answers", func() bool {
		select {
		case <-ended:
			t.Fatalf("the program of the page ended: %v\n%s", result, hideAll(out.String()))
		default:
		}
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return false
		}
		_ = connection.Close()
		return true
	})
}

// askPage sends a request, and returns the status, the header and the body of the answer.
func askPage(t *testing.T, client *http.Client, method, url string, header http.Header, body string) (status int, got http.Header, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var read bytes.Buffer
	if _, err := read.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, read.String()
}
