package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// TestAPasswordManagersView looks at the forms as a password manager does: by autocomplete, type and name, one
// form for each purpose, and beside a new password the name that it belongs to.
func TestAPasswordManagersView(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t, "LATCHKEY_USERNAMES=optional", "LATCHKEY_LOGIN_CODES=true")
	s.account(ada)
	b := newTab(t, s, desktop)

	const fields = `[...document.querySelectorAll("form")].filter(f => f.checkVisibility()).map(f => f.dataset.form + ": " +
		[...f.elements].filter(e => e.tagName === "INPUT" && e.type !== "hidden" && !e.disabled).map(e => e.name + "/" + e.type + "/" + e.autocomplete).join(" ")).join("\n")`
	for path, want := range map[string]string{
		"/sign-up": "sign-up: email/email/email username/text/username password/password/new-password name/text/name",
		"/sign-in": "sign-in: login/text/username webauthn password/password/current-password\npasskey: ",
		"/forgot":  "forgot: email/email/username",
	} {
		b.open(path)
		b.until("the script", `!document.querySelector("button[type=submit]").disabled`)
		if path == "/sign-in" {
			b.see("Sign in with a passkey")
		}
		if got := chromium.Ask[string](b.Page, fields); got != want {
			t.Errorf("%s has\n%s\nwant\n%s", path, got, want)
		}
	}

	b.open("/sign-in?return_to=account")
	b.press("main", "Mail me a code instead")
	if got := chromium.Ask[string](b.Page, fields); got != "code-request: email/email/email" {
		t.Errorf("for a code there is %s", got)
	}
	b.press("main", "Use my password instead")
	b.fill("#login", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.see("Signed in as " + ada)
	want := "sign-out: \nprofile: name/text/name\nusername: username/text/username\nemail: newEmail/email/email\n" +
		"password: login/text/username currentPassword/password/current-password newPassword/password/new-password\n" +
		"totp-begin: \npasskey-add: \nend-all: \ndownload: \ndelete: confirmEmail/email/off"
	if got := chromium.Ask[string](b.Page, fields); got != want {
		t.Errorf("/account has\n%s\nwant\n%s", got, want)
	}
	if got := chromium.Ask[string](b.Page, `document.querySelector('[data-form="password"] [name="login"]').value`); got != ada {
		t.Errorf("beside the new password stands %q", got)
	}

	for _, page := range []string{"/sign-up", "/sign-in", "/reset?token=x"} {
		b.open(page)
		for _, attribute := range []string{"maxlength", "pattern", "onpaste"} {
			if chromium.Ask[bool](b.Page, `document.querySelector('[type="password"]').hasAttribute(`+chromium.Quoted(attribute)+`)`) {
				t.Errorf("%s: the password has %s, which keeps long ones out", page, attribute)
			}
		}
	}
}

// TestLinksThatDoNotWork opens what is broken, old and used.
func TestLinksThatDoNotWork(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t)
	s.account(ada)
	b := newTab(t, s, phone)
	b.open("/forgot")
	b.fill("#email", ada)
	b.press("form", "Mail me a link")
	b.see("Check your inbox")
	first := s.mail.WaitFor(t, 1).Link()
	b.open(first)
	b.open(first) // opening it changes nothing
	b.fill("#password", "another battery")
	b.press("form", "Change my password")
	b.see("Your password is changed")

	b.open(first)
	b.see("Choose a new password") // a link that is used looks like any other, until it is pressed
	b.fill("#password", "a third battery")
	b.press("form", "Change my password")
	b.see("This link does not work")
	b.inspect("reset-used")

	for _, path := range []string{"/confirm", "/reset", "/undo-email-change", "/email-change"} {
		b.open(path)
		b.see("This link does not work")
		b.open(path + "?token=lk_cnf_nothing")
		if path != "/reset" && path != "/email-change" {
			b.do(chromedp.Click(chromedp.CSS(`button[type="submit"]`)))
			b.see("This link does not work")
		}
	}
	b.open("/email-change?token=lk_emc_nothing")
	b.press("form", "Confirm my new address")
	b.at("/sign-in") // only who is signed in is told
	b.fill("#login", ada)
	b.fill("#password", "another battery")
	b.press("form", "Sign in")
	b.at("/email-change")
	b.press("form", "Confirm my new address")
	b.see("link")
	b.until("an alert", `document.querySelector('[data-form="email-change"] [role="alert"]').innerText !== ""`)
}

// TestASignUpThatIsSignedIn needs no confirmation, and goes on where it was asked to.
func TestASignUpThatIsSignedIn(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t, "LATCHKEY_EMAIL_VERIFICATION=optional")
	b := newTab(t, s, desktop)
	b.open("/sign-in?return_to=/healthz")
	b.press("main", "Sign up")
	b.at("/sign-up")
	b.fill("#email", ada)
	b.fill("#password", password)
	b.press("form", "Sign up")
	b.at("/healthz")
	b.open("/account")
	b.see("Your address is not confirmed yet.")

	again := newTab(t, s, desktop)
	again.open("/sign-up")
	again.fill("#email", ada)
	again.fill("#password", password)
	again.press("form", "Sign up")
	again.until("an error at the address", `document.activeElement.id === "email" && document.querySelector("#email-error").innerText !== ""`)
}

// TestWhatTheServerRefuses is said in words, and what was typed is still there.
func TestWhatTheServerRefuses(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	b := newTab(t, serve(t), phone)
	for answer, words := range map[string]string{
		`{"errors": [{"message": "x", "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": 30}}]}`:    "That was too often. Try again in 30 seconds.",
		`{"errors": [{"message": "x", "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": 1}}]}`:     "Try again in 1 second.",
		`{"errors": [{"message": "x", "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": 600}}]}`:   "Try again in 10 minutes.",
		`{"errors": [{"message": "x", "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": 86400}}]}`: "Try again in 24 hours.",
		`{"errors": [{"message": "x", "extensions": {"code": "INTERNAL", "requestId": "id-7"}}]}`:            "tell us this request id: id-7",
		`no JSON`: "The server cannot be reached.",
	} {
		b.open("/sign-in")
		chromium.Ask[bool](b.Page, `(() => { window.fetch = async () => new Response(`+chromium.Quoted(answer)+`); return true })()`)
		b.fill("#login", ada)
		b.fill("#password", password)
		b.press("form", "Sign in")
		b.see(words)
		if got := chromium.Ask[string](b.Page, `document.querySelector("#login").value`); got != ada {
			t.Errorf("%q is left of the address", got)
		}
	}
	b.inspect("refused")
}

// TestUsersWithoutAPassword prove who they are by a mailed code, and set one.
func TestUsersWithoutAPassword(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t, "LATCHKEY_LOGIN_CODES=true", "LATCHKEY_EMAIL_VERIFICATION=optional")
	stranger := newTab(t, s, desktop) // signs up with an address that is not theirs
	stranger.open("/sign-up")
	stranger.fill("#email", ada)
	stranger.fill("#password", password)
	stranger.press("form", "Sign up")
	stranger.see("Signed in as " + ada)

	b := newTab(t, s, desktop)
	b.open("/sign-in")
	b.press("main", "Mail me a code instead")
	b.fill("#code-email", ada)
	b.press("form", "Mail me a code")
	b.see("If " + ada)
	b.fill("#code", code(s.letter(ada, "login code")))
	b.press("form", "Sign in")
	b.see("You have no password yet.")
	age(t, s)
	b.fill("#new-password", "another battery")
	b.press(`[data-form="password"]`, "Set a password")
	b.see("We have mailed you a code")
	b.inspect("proof-code")
	b.fill("#proof-code", code(s.letter(ada, "confirmation code")))
	b.press("dialog", "Go on")
	b.see("Your password is changed.")
	b.until("a field for the current password", `document.querySelector("#current-password").checkVisibility()`)
}
