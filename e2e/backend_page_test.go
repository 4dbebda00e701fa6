package e2e

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// orders is what a backend of the page answers to a token.
func orders(t *testing.T, address, method, token string) (status int, header http.Header, body string) {
	t.Helper()
	request := http.Header{}
	if token != "" {
		request.Set("Authorization", "Bearer "+token)
	}
	return askPage(t, http.DefaultClient, method, "http://"+address+"/orders", request, "")
}

// TestBackendsThatVerify runs those of the page, in Go and in Node, against servers with each of the
// algorithms: what they let in, what they refuse, and what they say while Latchkey is down.
func TestBackendsThatVerify(t *testing.T) {
	t.Parallel()
	const page = "backend.md"
	programs := map[string]func(t *testing.T, address, url string) *exec.Cmd{
		"Go": func(t *testing.T, address, url string) *exec.Cmd {
			return command(t, buildGo(t, placed(program(t, page, "main.go"), address, url)))
		},
		"JavaScript": func(t *testing.T, address, url string) *exec.Cmd {
			folder := nodeFolder(t)
			_, port, _ := strings.Cut(address, ":")
			place(t, folder, "server.mjs", strings.ReplaceAll(placed(program(t, page, "server.mjs"), address, url), "listen(9090,", "listen("+port+","))
			run := command(t, "node", "server.mjs")
			run.Dir = folder
			return run
		},
	}
	for name, start := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()}
			account(t, settings)
			p := serve(t, settings, map[string]string{"LATCHKEY_ACCESS_TOKEN": "jwt"})
			tokens := p.begin()
			other := serve(t, map[string]string{"LATCHKEY_DATA_DIR": settings["LATCHKEY_DATA_DIR"]}, map[string]string{
				"LATCHKEY_ACCESS_TOKEN": "jwt", "LATCHKEY_PUBLIC_URL": p.issuer(), "LATCHKEY_JWT_AUDIENCE": "https://other.example.com",
			})
			forAnother := other.begin().AccessToken

			address, unready := freePort(t), freePort(t)
			example(t, start(t, address, p.issuer()), address)
			example(t, start(t, unready, p.issuer()), unready)

			status, _, body := orders(t, address, http.MethodGet, tokens.AccessToken)
			if status != http.StatusOK || !anID.MatchString(body) || !strings.HasPrefix(body, "the orders of user ") {
				t.Fatalf("a good token gets %d and %q", status, hideAll(body))
			}
			for what, token := range map[string]string{
				"a token for another service": forAnother,
				"a token that was changed":    tokens.AccessToken[:len(tokens.AccessToken)-8] + "AAAAAAAA",
				"a refresh token":             tokens.RefreshToken,
				"an opaque token":             "lk_ses_" + strings.Repeat("A", 43),
				"a token without a signature": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiYSJ9.e30.",
			} {
				status, header, _ := orders(t, address, http.MethodGet, token)
				if status != http.StatusUnauthorized || !strings.Contains(header.Get("WWW-Authenticate"), "invalid_token") {
					t.Errorf("%s gets %d and %q", what, status, header.Get("WWW-Authenticate"))
				}
			}
			if status, header, _ := orders(t, address, http.MethodGet, ""); status != http.StatusUnauthorized || header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("no token gets %d and %q", status, header.Get("WWW-Authenticate"))
			}
			if name == "Go" {
				if status, _, _ := orders(t, address, http.MethodDelete, tokens.AccessToken); status != http.StatusForbidden {
					t.Errorf("a user who is not staff gets %d", status)
				}
			}

			// The page says so: the session has ended, and such a backend does not see it.
			p.graphql(tokens.AccessToken, `mutation { logout { errors { code } } }`, nil)
			p.stopped("after a logout", tokens.AccessToken)
			if status, _, _ := orders(t, address, http.MethodGet, tokens.AccessToken); status != http.StatusOK {
				t.Errorf("after a logout the token gets %d: the page says that it goes on", status)
			}

			// An outage: who has the keys goes on, and who has none does not say that the token is bad.
			p.stop()
			if status, _, _ := orders(t, address, http.MethodGet, tokens.AccessToken); status != http.StatusOK {
				t.Errorf("in an outage the token gets %d", status)
			}
			if status, header, _ := orders(t, unready, http.MethodGet, tokens.AccessToken); status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" {
				t.Errorf("in an outage, without keys, the token gets %d", status)
			}
		})
	}
}

// placed puts the addresses of a test in the place of those of a page.
func placed(source, address, url string) string {
	return strings.NewReplacer("localhost:9090", address, "http://localhost:8080", url).Replace(source)
}

// python returns a Python that has PyJWT, with its cryptography.
func python(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), name, "-c", "import jwt, cryptography").Run() == nil {
			return name
		}
	}
	missing(t, "Python with PyJWT and cryptography", "LATCHKEY_TEST_PYTHON")
	return ""
}

// TestAPythonBackendThatVerifies runs the function of the page.
func TestAPythonBackendThatVerifies(t *testing.T) {
	t.Parallel()
	interpreter := python(t)
	const asks = `
import os, verify, jwt
for name in ["good", "another", "changed", "opaque", "refresh", "unsigned"]:
    try:
        print(name, verify.verify(os.environ[name])["sub"] == os.environ["sub"])
    except jwt.PyJWTError:
        print(name, "refused")
`
	for _, algorithm := range algorithms {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()}
			account(t, settings)
			mode := map[string]string{"LATCHKEY_ACCESS_TOKEN": "jwt", "LATCHKEY_JWT_ALGORITHM": algorithm}
			p := serve(t, settings, mode)
			tokens := p.begin()
			other := serve(t, settings, mode, map[string]string{"LATCHKEY_PUBLIC_URL": p.issuer(), "LATCHKEY_JWT_AUDIENCE": "https://other.example.com"})
			answer := p.graphql(tokens.AccessToken, `{ me { id } }`, nil)

			folder := t.TempDir()
			place(t, folder, "verify.py", placed(program(t, "backend.md", "verify.py"), "", p.issuer()))
			place(t, folder, "asks.py", asks)
			out := runIn(t, folder, command(t, interpreter, "asks.py"),
				"sub="+anID.FindString(answer), "good="+tokens.AccessToken, "another="+other.begin().AccessToken,
				"changed="+tokens.AccessToken[:len(tokens.AccessToken)-8]+"AAAAAAAA",
				"opaque=lk_ses_"+strings.Repeat("A", 43), "refresh="+tokens.RefreshToken,
				"unsigned=eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0Iiwia2lkIjoiYSJ9.e30.")
			if want := "good True\nanother refused\nchanged refused\nopaque refused\nrefresh refused\nunsigned refused\n"; out != want {
				t.Errorf("it prints\n%swant\n%s", hideAll(out), want)
			}
		})
	}
}
