package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

var (
	keyAlone = regexp.MustCompile(`^lk_cli_[0-9A-Za-z]+\n$`)
	anID     = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	shBlock  = regexp.MustCompile("(?s)```sh\n(.*?)```\n")
)

// account makes a confirmed account by the command line.
func account(t *testing.T, settings map[string]string) {
	t.Helper()
	if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", email, "--name", "Ada", "--confirmed"); !ok {
		t.Fatalf("create an account: %s", errs)
	}
}

// newClient makes a backend by the command line, and returns its id and its key.
func newClient(t *testing.T, settings map[string]string, name string) (id, key string) {
	t.Helper()
	out, errs, ok := latchkey(t, "", settings, "client", "create", name)
	if !ok || !keyAlone.MatchString(out) || anyToken.MatchString(errs) || !strings.Contains(errs, name+": created, id ") {
		t.Fatalf("succeeded %v, printed %d bytes, said: %s", ok, len(out), hideTokens(errs))
	}
	return anID.FindString(errs), strings.TrimSpace(out)
}

// oauth posts a token for a backend.
func (p *process) oauth(path, key, token string) (status int, body string) {
	p.t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Bearer " + key}}
	return p.do(http.MethodPost, path, header, url.Values{"token": {token}}.Encode())
}

func (p *process) wantOAuth(path, key, token string, status int, part string) {
	p.t.Helper()
	if got, body := p.oauth(path, key, token); got != status || !strings.Contains(body, part) {
		p.t.Errorf("%s answers %d and %s, want %d and %s", path, got, hideTokens(body), status, part)
	}
}

// TestABackendAsksAboutATokenAndRevokesIt has its key from the command line, while the server runs.
func TestABackendAsksAboutATokenAndRevokesIt(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			account(t, settings)
			p := serve(t, settings)
			token, stays := p.login(password), p.login(password)
			id, key := newClient(t, settings, "shop")

			var me struct {
				Data struct{ Me struct{ ID string } }
			}
			if err := json.Unmarshal([]byte(p.graphql(token, `{ me { id } }`, nil)), &me); err != nil {
				t.Fatal(err)
			}
			var metadata struct {
				Issuer                string
				IntrospectionEndpoint string `json:"introspection_endpoint"`
			}
			_, document := p.get("/.well-known/oauth-authorization-server")
			if err := json.Unmarshal([]byte(document), &metadata); err != nil || metadata.IntrospectionEndpoint != metadata.Issuer+"/oauth/introspect" {
				t.Fatalf("the metadata is %s (%v)", document, err)
			}
			var info struct {
				Active        bool
				Sub, Iss      string
				Username      string
				EmailVerified bool `json:"email_verified"`
				Roles         []string
			}
			status, body := p.oauth("/oauth/introspect", key, token)
			if err := json.Unmarshal([]byte(body), &info); err != nil || status != http.StatusOK {
				t.Fatalf("introspection answers %d and %s", status, body)
			}
			if !info.Active || info.Sub != me.Data.Me.ID || info.Username != email || !info.EmailVerified || len(info.Roles) != 1 || info.Roles[0] != "USER" ||
				info.Iss != metadata.Issuer || info.Iss == "" {
				t.Errorf("introspection answers %s", body)
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.SetBasicAuth(id, key)
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if status, body := p.do(http.MethodPost, "/oauth/introspect", request.Header, "token="+token); status != http.StatusOK || !strings.Contains(body, me.Data.Me.ID) {
				t.Errorf("with Basic introspection answers %d and %s", status, body)
			}

			p.wantOAuth("/oauth/introspect", key, key, http.StatusOK, `{"active":false}`)
			p.wantOAuth("/oauth/introspect", token, token, http.StatusUnauthorized, "invalid_client")
			p.wantOAuth("/oauth/revoke", token, token, http.StatusUnauthorized, "invalid_client")
			p.me(token)
			p.wantOAuth("/oauth/revoke", key, token, http.StatusOK, "")
			p.wantOAuth("/oauth/revoke", key, token, http.StatusOK, "")
			p.wantOAuth("/oauth/introspect", key, token, http.StatusOK, `{"active":false}`)
			if answer := p.graphql(token, `{ me { id } }`, nil); !strings.Contains(answer, "UNAUTHENTICATED") {
				t.Errorf("after the end of the session me answers %s", answer)
			}
			p.me(stays)
			if out, _, _ := latchkey(t, "", settings, "audit", "--json"); strings.Count(out, `"act":"token_revoked"`) != 1 || strings.Count(out, `"apiClientId":"`+id+`"`) != 2 {
				t.Errorf("the audit trail is\n%s", out)
			}

			if out, _, _ := latchkey(t, "", settings, "client", "list"); !strings.Contains(out, id) || strings.Contains(out, " -  ") || strings.Contains(out, "lk_") {
				t.Errorf("the list is\n%s", hideTokens(out))
			}
			if _, errs, ok := latchkey(t, "", settings, "client", "create", "shop"); ok || !strings.Contains(errs, "There is a client with this name") {
				t.Errorf("a second one of the name: %v, %s", ok, hideTokens(errs))
			}
			if out, errs, ok := latchkey(t, "", settings, "client", "delete", "shop"); !ok || !strings.HasPrefix(out, "shop: deleted") {
				t.Fatalf("delete: %s", errs)
			}
			p.wantOAuth("/oauth/introspect", key, stays, http.StatusUnauthorized, "invalid_client")
			p.wantOAuth("/oauth/revoke", key, stays, http.StatusUnauthorized, "invalid_client")
			p.me(stays)
			if _, errs, ok := latchkey(t, "", settings, "client", "delete", id); ok || !strings.Contains(errs, "no client with this name or id") {
				t.Errorf("delete again: %v, %s", ok, errs)
			}
			if anyToken.MatchString(p.output.String()) {
				t.Error("a token or a key is in the log")
			}
		})
	}
}

// TestAnOutageOfTheDatabaseMakesNoTokenInactive cuts the server off from Postgres and mends it again.
func TestAnOutageOfTheDatabaseMakesNoTokenInactive(t *testing.T) {
	t.Parallel()
	direct := pgtest.URL(t)
	account(t, onPostgres(t, direct))
	_, key := newClient(t, onPostgres(t, direct), "shop")
	wire, through := newWire(t, direct)
	p := serve(t, onPostgres(t, through))
	token := p.login(password)
	p.wantOAuth("/oauth/introspect", key, token, http.StatusOK, `"active":true`)

	wire.setCut(true)
	for range 3 {
		p.wantOAuth("/oauth/introspect", key, token, http.StatusServiceUnavailable, "temporarily_unavailable")
		p.wantOAuth("/oauth/revoke", key, token, http.StatusServiceUnavailable, "temporarily_unavailable")
	}
	p.wantOAuth("/oauth/introspect", "no key", token, http.StatusUnauthorized, "invalid_client")

	wire.setCut(false)
	waitUntil(t, "the token is active again", func() bool {
		status, body := p.oauth("/oauth/introspect", key, token)
		if strings.Contains(body, "false") || status == http.StatusUnauthorized {
			t.Fatalf("introspection answers %d and %s", status, body)
		}
		return status == http.StatusOK
	})
	p.me(token)
}

// TestThePageForBackends runs its blocks as they are printed, but for the port.
func TestThePageForBackends(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing", program)
		}
	}
	page, err := os.ReadFile("../docs/clients/backend.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 4 {
		t.Fatalf("there are %d blocks", len(blocks))
	}
	settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()}
	account(t, settings)
	p := serve(t, settings)
	token := p.login(password)

	var script strings.Builder
	for _, block := range blocks {
		script.WriteString(block[1] + "echo; echo --\n")
	}
	command := exec.CommandContext(t.Context(), "bash", "-e", "-c", strings.ReplaceAll(script.String(), "http://localhost:8080", p.url))
	command.Env = append(environment(settings), "TOKEN="+token, "LATCHKEY_ENV=development")
	command.Env[0] = "PATH=" + filepath.Dir(binary) + string(filepath.ListSeparator) + os.Getenv("PATH")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("the blocks fail: %v\n%s", err, hideTokens(string(out)))
	}
	answers := strings.Split(string(out), "\n--\n")
	if len(answers) != 5 || answers[0] != "" || !strings.Contains(answers[1], `"active":true`) || answers[2] != "" || !strings.HasPrefix(answers[3], "shop: deleted") {
		t.Errorf("the blocks print\n%s", hideTokens(string(out)))
	}
	sampled := regexp.MustCompile(`"[a-z_]+":`)
	_, sample, _ := strings.Cut(string(page), "```json\n")
	sample, _, _ = strings.Cut(sample, "```")
	if got, want := sampled.FindAllString(answers[1], -1), sampled.FindAllString(sample, -1); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the answer has the fields %v, the page tells of %v", got, want)
	}
	if answer := p.graphql(token, `{ me { id } }`, nil); !strings.Contains(answer, "UNAUTHENTICATED") {
		t.Errorf("after the blocks me answers %s", answer)
	}
}
