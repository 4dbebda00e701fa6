package browser

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/internal/provider"
)

const zitadelsUsers = `{"g1": {"ID": "g1", "Username": "grace", "Password": "verysecure", "FirstName": "Grace", "LastName": "Hopper",
	"Email": "grace@example.com", "EmailVerified": true, "PreferredLanguage": "en"}}`

// TestSigningInWithZitadel has the example server of zitadel/oidc, which is nothing of ours, say who somebody is, on its own
// page with its own form.
func TestSigningInWithZitadel(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	port := freePort(t)
	issuer := "http://localhost:" + port + "/" // which has a slash at its end
	s := serve(t, providersFile(t, issuer, "web"), "LATCHKEY_COMPANY_CLIENT_SECRET=secret")
	startZitadel(t, port, provider.CallbackURL(s.url, "company"))
	b := newTab(t, s, desktop)
	b.Allow("localhost:" + port)

	b.open("/sign-in")
	b.press("main", "Continue with Example Corp")
	b.at("/login/username")
	b.fill("#username", "grace")
	b.fill("#password", "verysecure")
	b.press("form", "Login")
	b.at("/account")
	b.see("Signed in as grace@example.com")
}

// providersFile writes a file with one OpenID provider, company, and returns the setting that names it.
func providersFile(t *testing.T, issuer, clientID string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "providers.yaml")
	text := "providers: [{id: company, preset: oidc, name: Example Corp, client_id: " + clientID + ", issuer: '" + issuer + "', trust_email_domains: [example.com]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "LATCHKEY_PROVIDERS_FILE=" + file
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// startZitadel builds and starts the provider, whose client is called web with the secret "secret", and waits until it
// listens.
func startZitadel(t *testing.T, port, callback string) {
	t.Helper()
	folder := t.TempDir()
	users, built := filepath.Join(folder, "users.json"), filepath.Join(folder, "provider")
	if err := os.WriteFile(users, []byte(zitadelsUsers), 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", built, "github.com/zitadel/oidc/v3/example/server")
	build.Dir = filepath.FromSlash("../zitadel")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the provider: %v\n%s", err, out)
	}
	running := exec.CommandContext(t.Context(), built)
	running.Env = append(os.Environ(), "PORT="+port, "USERS_FILE="+users, "REDIRECT_URI="+callback)
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = running.Process.Kill() // it may have ended
		_ = running.Wait()         // of a process that was killed
	})
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "localhost:"+port)
		if err == nil {
			_ = connection.Close()
			return
		}
		select {
		case <-again.C:
		case <-t.Context().Done():
			t.Fatal("the provider does not listen")
		}
	}
}
