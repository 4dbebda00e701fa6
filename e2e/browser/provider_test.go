package browser

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/internal/provider/providertest"
)

const bob = "bob@example.com"

// TestSigningInWithOthers signs up and in with a provider, proves to own an account that was there before, and connects
// and disconnects.
func TestSigningInWithOthers(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	company := providertest.Start(t)
	file := filepath.Join(t.TempDir(), "providers.yaml")
	text := "providers:\n  - {id: company, preset: oidc, name: Example Corp, client_id: " + providertest.ClientID + ", issuer: " + company.URL + ", trust_email_domains: [example.com]}\n" +
		"  - {id: github, client_id: a}\n  - {id: google, client_id: b}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "LATCHKEY_PROVIDERS_FILE="+file, "LATCHKEY_COMPANY_CLIENT_SECRET="+providertest.ClientSecret,
		"LATCHKEY_GITHUB_CLIENT_SECRET=c", "LATCHKEY_GOOGLE_CLIENT_SECRET=d", "LATCHKEY_LOGIN_CODES=false")
	s.account(bob)
	b := newTab(t, s, desktop)
	if at, err := url.Parse(company.URL); err != nil {
		t.Fatal(err)
	} else {
		b.Allow(at.Host)
	}
	person := func(subject, email string, verified bool) {
		company.SignIn(map[string]any{"sub": subject, "email": email, "email_verified": verified, "name": "Ada", "preferred_username": "ada.l"})
	}
	toProvider := func() {
		b.open("/sign-in")
		b.press("main", "Continue with Example Corp")
	}
	signOut := func() {
		b.press("main", "Sign out")
		b.at("/sign-in")
	}
	look := func(name string) {
		for _, d := range []chromium.Screen{{Name: "phone", Width: 360, Height: 740, Dark: true}, desktop} {
			b.device = d
			b.inspect(name)
		}
	}

	company.SignIn(nil)
	toProvider()
	b.see("You were not signed in")
	b.open("/sign-up")
	b.see("Continue with GitHub")

	// Nobody has the address yet.
	person("1", ada, true)
	b.press("main", "Continue with Example Corp")
	b.at("/account")
	b.see("Signed in as " + ada)
	b.see("ada.l")
	look("provider-account")
	b.press("[data-identities]", "Disconnect")
	b.press("dialog", "Disconnect")
	b.see("You could no longer sign in without this.")
	signOut()
	toProvider()
	b.at("/account")
	b.see("Last used")
	signOut()

	// An account has it, and whoever has the password connects the two.
	person("2", bob, true)
	toProvider()
	b.see("An account with this email address already exists.")
	look("provider-connect")
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.at("/account")
	b.see("Signed in as " + bob)
	b.press("[data-identities]", "Disconnect")
	b.see("You will no longer be able to sign in with Example Corp (ada.l).")
	b.press("dialog", "Disconnect")
	b.see("Example Corp is disconnected.")
	b.press("main", "Connect Example Corp")
	b.at("/account")
	b.see("Do you want to connect the account you just chose?")
	look("provider-connect-ask")
	b.press(`[data-form="connect"]`, "Cancel")
	b.press("main", "Connect Example Corp")
	b.press(`[data-form="connect"]`, "Connect")
	b.see("Example Corp is connected.")
	signOut()
	toProvider()
	b.see("Signed in as " + bob)
	signOut()

	// The provider does not speak for the address.
	person("3", "carol@elsewhere.example", true)
	toProvider()
	b.see("You're signing up with Example Corp.")
	look("provider-email")
	b.press(`[data-form="provider-email"]`, "Email me a code")
	b.fill("#provider-code", codeInMail.FindString(s.letter("carol@elsewhere.example", "").Text))
	b.press(`[data-form="provider-code"]`, "Sign up")
	b.see("Signed in as carol@elsewhere.example")
	signOut()

	// From a page of others, and without a script.
	b.open("/provider?id=github&for=account")
	b.see("Continue only if you want to sign in here with GitHub")
	b.open("/callback/company?state=none")
	b.see("Go back and start again.")
}
