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

// TestAnInvitationAcceptedWithZitadel has the example server of zitadel/oidc, which is nothing of ours, say who somebody is, on
// its own page with its own form: first to accept an invitation, then to sign in.
func TestAnInvitationAcceptedWithZitadel(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	const invitee = "hopper@navy.example" // who has another address at the provider
	port := freePort(t)
	issuer := "http://localhost:" + port + "/" // which has a slash at its end
	s := serve(t, providersFile(t, issuer, "web"), "LATCHKEY_COMPANY_CLIENT_SECRET=secret", "LATCHKEY_REGISTRATION=invite", "LATCHKEY_USERNAMES=optional")
	startZitadel(t, port, provider.CallbackURL(s.url, "company"))
	s.account(ada)
	s.command("", "user", "invite", invitee)
	b := newTab(t, s, phone)
	b.Allow("localhost:" + port)
	signInThere := func() {
		b.press("main", "Continue with Example Corp")
		b.at("/login/username")
		b.fill("#username", "grace")
		b.fill("#password", "verysecure")
		b.press("form", "Login")
	}

	b.open(s.letter(invitee, "").Link())
	b.see("Accept your invitation")
	b.inspect("invitation")
	b.fill("#name", "Grace")
	b.fill("#username", "ada lovelace") // which is none
	signInThere()
	b.at("/invitation")
	b.see("You'll sign in with Example Corp.")
	b.until("the form as it was, without a password", `document.querySelector("#name").value === "Grace" && !document.querySelector("#password").checkVisibility() &&
		!document.querySelector(".providers").checkVisibility()`)
	b.inspect("invitation-provider")
	b.press("main", "Accept the invitation")
	b.until("an error at the username", `document.querySelector("#username").getAttribute("aria-invalid") === "true"`)
	b.fill("#username", "grace")
	b.press("main", "Accept the invitation")
	b.at("/account")
	b.see("Signed in as " + invitee)
	b.press("main", "Sign out")
	b.at("/sign-in")
	signInThere()
	b.see("Signed in as " + invitee)

	b.open("/provider-return?for=invitation&error=ACCESS_DENIED")
	b.see("You were not signed in")
	b.see("Open the link in your invitation email again.")
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
