package browser

import (
	"testing"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// TestPasskeys lives the life of an account that ends up without a password to type: it signs up, gets an authenticator
// app, loses it, recovers, and from then on has a passkey, until that is copied.
func TestPasskeys(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t)
	b := newTab(t, s, desktop)
	signUpWithApp(b)

	authenticator := b.AddAuthenticator()
	b.press("main", "Add a passkey")
	b.see("Not used yet")
	b.inspect("passkey-added")
	signOut := func() {
		b.press("main", "Sign out")
		b.at("/sign-in")
	}
	signedIn := func() {
		b.at("/account")
		b.see("Signed in as " + ada)
	}
	b.press("main", "Sign out")
	signedIn() // the page for signing in offers it, and the authenticator takes it at once
	b.see("Last used")
	b.press("main", "Rename")
	b.see("Choose another name for Passkey.")
	b.inspect("passkey-rename")
	b.fill("#passkey-name", "Laptop")
	b.press("dialog", "Save")
	b.until("the new name", `document.querySelector("[data-passkeys] [data-name]")?.innerText === "Laptop"`)

	// The password manager begins to sync it; then it is used by the button.
	authenticator.Synced(true)
	authenticator.Present(false)
	signOut()
	b.see("Sign in with a passkey")
	b.inspect("passkey-sign-in")
	authenticator.Present(true)
	b.press("main", "Sign in with a passkey")
	signedIn()
	b.press("main", "Remove the authenticator app")
	b.see("Signing in with your password asks for a passkey too.")

	// Beside the password.
	authenticator.Present(false)
	signOut()
	b.fill("#login", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.see("Confirm that it is you with one of your passkeys.")
	b.inspect("passkey-second-step")
	authenticator.Present(true)
	b.press(`[data-form="second-passkey"]`, "Use a passkey")
	signedIn()
	b.press("main", "Make new recovery codes")
	b.see("Keep these codes")
	code := chromium.Ask[string](b.Page, `document.querySelector("[data-codes] li").innerText`)

	// Somebody has copied it.
	authenticator.Present(false)
	signOut()
	b.see("Sign in with a passkey")
	authenticator.Count(1)
	authenticator.Present(true)
	b.press("main", "Sign in with a passkey")
	b.see("This passkey may have been copied")
	s.letter(ada, "may have been copied")
	authenticator.Present(false)
	b.fill("#login", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.fill("#recovery-code", code)
	b.press(`[data-form="recovery"]`, "Sign in")
	b.press("main", "I have kept them")
	signedIn()
	b.see("it no longer works")
	b.press("[data-passkeys]", "Remove")
	b.see("Laptop will no longer sign you in.")
	b.press("dialog", "Remove")
	b.see("Your account has no second step.")
	for authenticator.Passkeys() > 0 { // the page tells the browser
		b.until("the next frame", "new Promise(requestAnimationFrame).then(() => true)")
	}

	// Signing in with the password offers one for the next time.
	signOut()
	b.fill("#login", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.see("Next time, sign in with a passkey")
	b.inspect("passkey-offer")
	b.press("main", "Not now")
	signedIn()
}

// signUpWithApp signs up, sets up an authenticator app, signs in with it, loses it and signs in with a recovery code.
func signUpWithApp(b *tab) {
	b.t.Helper()
	b.open("/sign-up")
	b.fill("#email", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-up"]`, "Sign up")
	b.see("Check your inbox")
	b.open(b.server.letter(ada, "onfirm").Link())
	b.press("form", "Confirm my address")
	b.press("main", "Sign in")
	b.at("/sign-in")
	enter := func() {
		b.fill("#login", ada)
		b.fill("#password", password)
		b.press(`[data-form="sign-in"]`, "Sign in")
	}
	enter()
	b.press("main", "Set up an authenticator app")
	b.until("the secret", `document.querySelector("[data-secret]").innerText.length === 32`)
	secret := chromium.Ask[string](b.Page, `document.querySelector("[data-secret]").innerText`)
	b.fill("#enroll-code", appCode(b.t, secret, -1)) // a clock may be a step behind
	b.press(`[data-form="enroll"]`, "Continue")
	b.see("Recovery codes left: 10.")
	code := chromium.Ask[string](b.Page, `document.querySelector("[data-codes] li").innerText`)
	b.press("main", "Sign out")
	b.at("/sign-in")
	enter()
	b.fill("#totp-code", appCode(b.t, secret, 0))
	b.press(`[data-form="factor"]`, "Sign in")
	b.see("Signed in as " + ada)
	b.press("main", "Sign out")
	b.at("/sign-in")
	enter()
	b.press("main", "Use a recovery code instead")
	b.fill("#recovery-code", code)
	b.press(`[data-form="recovery"]`, "Sign in")
	b.press("main", "I have kept them")
	b.see("Recovery codes left: 10.")
}
