package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
)

// providersFile writes the file of docs/providers/oidc.md with another issuer, and returns the settings that name it.
func providersFile(t *testing.T, issuer, id, secret string) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.FromSlash("../docs/providers/oidc.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(page)
	const theirs, client = "https://id.example.com/realms/staff", "client_id: latchkey"
	if example == nil || !bytes.Contains(example[1], []byte(theirs)) || !bytes.Contains(example[1], []byte(client)) {
		t.Fatal("docs/providers/oidc.md has no example with that issuer and that client")
	}
	file := filepath.Join(t.TempDir(), "providers.yaml")
	text := strings.NewReplacer(theirs, issuer, client, "client_id: "+id).Replace(string(example[1]))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return map[string]string{"LATCHKEY_PROVIDERS_FILE": file, "LATCHKEY_COMPANY_CLIENT_SECRET": secret, "LATCHKEY_DATA_DIR": t.TempDir(), "PORT": "1"}
}

// TestProvidersFromTheCommandLine has a provider with which one thing after the other is wrong.
func TestProvidersFromTheCommandLine(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t)
	settings := providersFile(t, server.URL, providertest.ClientID, providertest.ClientSecret)
	run := func(wantOK bool, args ...string) string {
		t.Helper()
		out, errs, ok := latchkey(t, "", settings, args...)
		if ok != wantOK || strings.Contains(out+errs, settings["LATCHKEY_COMPANY_CLIENT_SECRET"]) {
			t.Errorf("%s: succeeded %t, want %t, or the secret is told: %s%s", strings.Join(args, " "), ok, wantOK, out, errs)
		}
		return out + errs
	}
	says := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("%q is missing in:\n%s", part, text)
			}
		}
	}

	callback := "http://localhost:1/callback/company"
	says(run(true, "provider", "list"), "company", "Example Corp", "oidc", callback)
	says(run(true, "provider", "schema"), `"$schema"`, "trust_email_domains")
	says(run(true, "provider", "test", "company"), "It knows the client id, and takes the secret.", "that of this machine agree", callback)
	says(run(false, "provider", "test", "nobody"), "there is no provider", "latchkey provider list")

	plain := server.Plain()
	for name, test := range map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"a client id that is not known there": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error": "invalid_client"}`)
		}, "it does not know the client id, or the secret is not that of the client"},
		"another callback": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"error": "redirect_uri_mismatch"}`)
		}, "exactly as it is here: " + callback},
		"a clock that is wrong": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-2*time.Hour).UTC().Format(http.TimeFormat))
			plain.ServeHTTP(w, r)
		}, "the clock of this machine is 2h0m"},
	} {
		server.Handle["/token"] = test.answer
		t.Log(name)
		says(run(false, "provider", "test", "company"), test.says)
		says(run(true, "doctor"), "Provider", test.says, "latchkey provider test company")
	}
	delete(server.Handle, "/token")
	says(run(true, "doctor"), "Example Corp answers")

	settings["LATCHKEY_COMPNY_CLIENT_SECRET"], settings["LATCHKEY_GOGLE_CLIENT_ID"] = "x", "y"
	says(run(true, "provider", "list"), "did you mean LATCHKEY_COMPANY_CLIENT_SECRET?", "did you mean LATCHKEY_GOOGLE_CLIENT_ID?")
	says(run(true, "doctor"), "did you mean LATCHKEY_COMPANY_CLIENT_SECRET?")
}

// TestSigningInWithAProviderOfOthers has the npm package oidc-provider, which is nothing of ours, say who somebody is: by the
// buttons of the pages, with the redirects, cookies and answers that there are.
func TestSigningInWithAProviderOfOthers(t *testing.T) {
	t.Parallel()
	folder := nodeFolder(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	const id, secret = "latchkey", "a-secret-of-thirty-two-characters"
	settings := providersFile(t, "http://"+address, id, secret)
	delete(settings, "PORT")
	p := serve(t, settings)
	front := p.issuer()
	startProvider(t, folder, "ISSUER=http://"+address, "PORT="+address[strings.LastIndexByte(address, ':')+1:],
		"CLIENT_ID="+id, "CLIENT_SECRET="+secret, "REDIRECT="+provider.CallbackURL(front, "company"), "LOGIN=ada")

	for _, known := range []bool{false, true} {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		browser := &http.Client{Jar: jar, Timeout: time.Minute}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, front+"/provider?id=company", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Sec-Fetch-Site", "same-origin")
		status, page := fetched(t, browser, request)
		found := regexp.MustCompile(`data-provider-return="([^"]*)"`).FindStringSubmatch(page)
		if status != http.StatusOK || found == nil {
			t.Fatalf("got status %d, want the page that finishes the sign-in", status)
		}
		var finish map[string]any
		if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &finish); err != nil {
			t.Fatal(err)
		}
		finish["delivery"] = "COOKIE"
		body, err := json.Marshal(map[string]any{
			"query":     `mutation($input: LoginWithProviderInput!) { loginWithProvider(input: $input) { user { email name identities { provider lastUsedAt } } pendingIdentity { reason } errors { code } } }`,
			"variables": map[string]any{"input": finish},
		})
		if err != nil {
			t.Fatal(err)
		}
		request, err = http.NewRequestWithContext(t.Context(), http.MethodPost, front+"/graphql", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		_, answer := fetched(t, browser, request)
		want := `"user":{"email":"ada@example.com","name":"Ada Lovelace","identities":[{"provider":"company","lastUsedAt":`
		if !strings.Contains(answer, want) || strings.Contains(answer, `"lastUsedAt":null`) == known {
			t.Fatalf("known before: %t: got %s", known, hideAll(answer))
		}
		at, err := url.Parse(front)
		if err != nil {
			t.Fatal(err)
		}
		if cookies := jar.Cookies(at); len(cookies) != 1 {
			t.Errorf("the browser has %d cookies, want that of the session", len(cookies))
		}
	}
}

func fetched(t *testing.T, browser *http.Client, request *http.Request) (status int, body string) {
	t.Helper()
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// startProvider starts the provider, and waits until it listens.
func startProvider(t *testing.T, folder string, env ...string) {
	t.Helper()
	const file = "oidc-provider.mjs"
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	place(t, folder, file, string(text))
	running := command(t, "node", file)
	running.Dir, running.Env = folder, append(os.Environ(), env...)
	out, err := running.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.Process.Kill() // it may have ended
		_ = running.Wait()         // of a process that was killed
	})
	listening := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == "listening" {
				listening <- true
			}
		}
		close(listening)
	}()
	if !<-listening {
		t.Fatal("the provider ended before it listened")
	}
}
