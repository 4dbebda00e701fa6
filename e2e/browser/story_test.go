package browser

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	_ "modernc.org/sqlite" // to make a session old

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// profileSchema has one of each kind of field, and one that only an operator sets.
const profileSchema = `{
  "type": "object",
  "properties": {
    "company": {"type": "string", "maxLength": 40},
    "size": {"title": "Size of the team", "oneOf": [{"const": 1, "title": "Just me"}, {"const": 10, "title": "Some"}]},
    "born": {"type": "string", "format": "date"},
    "news": {"title": "Send me news", "description": "Four times a year.", "type": "boolean"},
    "address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "string", "pattern": "^[0-9]{5}$"}}, "additionalProperties": false},
    "plan": {"enum": ["free", "pro"], "x-set-by": "operator"}
  },
  "additionalProperties": false
}`

func schemaFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "profile.json")
	if err := os.WriteFile(file, []byte(profileSchema), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestTheWholeStory lives the life of an account with a mouse and a keyboard.
func TestTheWholeStory(t *testing.T) {
	for _, d := range []chromium.Screen{desktop, phone} {
		t.Run(d.Name, func(t *testing.T) {
			chromium.Need(t)
			t.Parallel()
			s := serve(t, "LATCHKEY_PROFILE_SCHEMA="+schemaFile(t), "LATCHKEY_USERNAMES=optional", "LATCHKEY_LOGIN_CODES=true", "LATCHKEY_PRODUCT_NAME=Analytical Engines")
			b := newTab(t, s, d)
			signUp(b)
			confirm(b)
			signIn(b)
			profile(b)
			sessions(b)
			changeEmail(b)
			changePassword(b)
			resetPassword(b)
			download(b)
			deleteAccount(b)
		})
	}
}

func signUp(b *tab) {
	b.t.Helper()
	b.open("/sign-in")
	b.see("Mail me a code instead")
	b.inspect("sign-in")
	b.press("main", "Sign up")
	b.at("/sign-up")
	b.see("Send me news")
	b.inspect("sign-up")

	b.press(`[data-form="sign-up"]`, "Sign up")
	b.until("an error at the empty field", `document.activeElement.id === "email" && document.getElementById("email-error").innerText !== ""`)
	b.fill("#email", ada)
	b.fill("#username", "x")
	b.fill("#password", "password")
	b.fill("#profile-address-zip", "nowhere")
	b.press(`[data-form="sign-up"]`, "Sign up")
	b.errorAt("#username", "3")
	b.see("password")
	b.until("an error at the password", `document.getElementById("password-error").innerText !== ""`)
	b.until("an error within the profile", `document.getElementById("profile-address-zip-error").innerText !== ""`)
	b.inspect("sign-up-errors")

	b.fill("#username", "Ada")
	b.fill("#password", password)
	b.press(`[data-form="sign-up"]`, "Show")
	b.until("the password to be shown", `document.querySelector("#password").type === "text"`)
	b.press(`[data-form="sign-up"]`, "Hide")
	b.fill("#profile-address-zip", "12345")
	b.fill("#profile-company", "Engines")
	b.press(`[data-form="sign-up"]`, "Sign up")
	b.see("Check your inbox")
	b.see("We have sent a mail to " + ada)
	b.until("the focus on the heading", `document.activeElement.tagName === "H1"`)
	b.inspect("check-inbox")
	b.press(`[data-form="resend"]`, "Send the mail again")
	b.see("the mail is on its way again")
}

// confirm opens the link twice, and presses both buttons.
func confirm(b *tab) {
	b.t.Helper()
	link := b.server.letter(ada, "onfirm").Link()
	other := newTab(b.t, b.server, b.device)
	other.open(link)
	other.see("Press the button")

	b.open(link)
	b.see("Press the button to confirm")
	b.inspect("confirm")
	b.press("form", "Confirm my address")
	b.see("Your address " + ada + " is confirmed.")
	b.inspect("confirmed")

	other.press("form", "Confirm my address")
	other.see("This link does not work")
	other.inspect("link-used")
	b.press("main", "Sign in")
	b.at("/sign-in")
}

func signIn(b *tab) {
	b.t.Helper()
	b.fill("#login", ada)
	b.fill("#password", "wrong horse battery")
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.until("an error above the form", `document.querySelector('[data-form="sign-in"] [role="alert"]').innerText !== "" || document.querySelector("#login-error").innerText !== "" || document.querySelector("#password-error").innerText !== ""`)
	b.inspect("sign-in-error")
	b.fill("#login", "ada") // the username, with other capitals
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.at("/account")
	b.see("Signed in as " + ada)
	b.inspect("account")
}

func profile(b *tab) {
	b.t.Helper()
	if got := chromium.Ask[string](b.Page, `document.querySelector("#profile-company").value`); got != "Engines" {
		b.t.Errorf("the company of the sign-up is %q", got)
	}
	b.server.command("", "user", "profile", ada, `{"plan": "pro"}`)
	b.open("/account")
	b.see("Set by Analytical Engines")
	b.see("pro")
	if chromium.Ask[bool](b.Page, `document.querySelector('[name="profile.plan"]') !== null`) {
		b.t.Error("what only an operator sets can be typed")
	}

	b.fill("#name", "Ada Lovelace")
	b.fill("#profile-address-zip", "x")
	b.press(`[data-form="profile"]`, "Save")
	b.until("an error at the postal code", `document.activeElement.id === "profile-address-zip" && document.querySelector("#profile-address-zip-error").innerText !== ""`)
	b.fill("#profile-address-zip", "54321")
	b.fill("#profile-company", "")
	chromium.Ask[bool](b.Page, `(() => { const size = document.querySelector("#profile-size"); size.value = "1"; return true })()`)
	b.press(`[data-form="profile"]`, "Save")
	b.see("Saved.")
	b.open("/account")
	b.see("Signed in as")
	b.until("what was saved", `document.querySelector("#name").value === "Ada Lovelace" && document.querySelector("#profile-address-zip").value === "54321" &&
		document.querySelector("#profile-company").value === "" && document.querySelector("#profile-size").selectedOptions[0].text === "Some"`)
}

// sessions signs in elsewhere, by a mailed code, and ends that.
func sessions(b *tab) {
	b.t.Helper()
	other := newTab(b.t, b.server, b.device)
	other.open("/account")
	other.at("/sign-in") // nobody is signed in there
	other.press("main", "Mail me a code instead")
	other.fill("#code-email", ada)
	other.press(`[data-form="code-request"]`, "Mail me a code")
	other.see("If " + ada + " has an account")
	other.inspect("sign-in-code")
	other.fill("#code", "BCDFGHJK")
	other.press(`[data-form="code"]`, "Sign in")
	other.errorAt("#code", "code")
	other.fill("#code", code(b.server.letter(ada, "code")))
	other.press(`[data-form="code"]`, "Sign in")
	other.see("Signed in as " + ada)
	other.open("/sign-in")
	other.see("You are signed in as " + ada)

	b.open("/account")
	b.until("two sessions", `document.querySelectorAll("[data-sessions] > li").length === 2`)
	b.press("[data-sessions]", "End")
	b.see("has ended.")
	b.until("one session", `document.querySelectorAll("[data-sessions] > li").length === 1`)
	b.see("This device")
	other.open("/account")
	other.at("/sign-in")
}

const lovelace = "lovelace@example.com"

// changeEmail needs a recent proof, and a session where the link is opened.
func changeEmail(b *tab) {
	b.t.Helper()
	b.open("/account")
	b.see("Signed in as")
	age(b.t, b.server)
	b.fill("#new-email", lovelace)
	b.press(`[data-form="email"]`, "Change my address")
	b.see("Is it you?")
	b.until("the focus on the password", `document.activeElement.id === "proof-password"`)
	b.inspect("proof")
	b.press("dialog", "Cancel")
	b.see("Nothing was changed.")
	b.press(`[data-form="email"]`, "Change my address")
	b.fill("#proof-password", "wrong horse battery")
	b.press("dialog", "Go on")
	b.errorAt("#proof-password", "password")
	b.fill("#proof-password", password)
	b.press("dialog", "Go on")
	b.see("We have sent a mail to " + lovelace)

	b.press(".who", "Sign out")
	b.at("/sign-in")
	b.open(b.server.letter(lovelace, "address").Link())
	b.see("Confirm your new address")
	b.inspect("email-change")
	b.press("form", "Confirm my new address")
	b.at("/sign-in")
	b.fill("#login", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.at("/email-change")
	b.press("form", "Confirm my new address")
	b.see("The address of your account is " + lovelace + " now.")
	b.inspect("email-changed")

	undo := newTab(b.t, b.server, b.device)
	undo.open(b.server.letter(ada, "address").Link())
	undo.see("Bring your old address back")
	undo.inspect("undo-email-change")
	b.press("main", "To your account")
	b.see("Signed in as " + lovelace)
}

func changePassword(b *tab) {
	b.t.Helper()
	b.fill("#current-password", "wrong horse battery")
	b.fill("#new-password", "a staple of another kind")
	b.press(`[data-form="password"]`, "Change my password")
	b.errorAt("#current-password", "password")
	b.fill("#current-password", password)
	b.press(`[data-form="password"]`, "Change my password")
	b.see("Your password is changed.")
	b.press(".who", "Sign out") // the cookie has the new token
	b.at("/sign-in")
}

func resetPassword(b *tab) {
	b.t.Helper()
	b.press("main", "Forgot your password?")
	b.at("/forgot")
	b.inspect("forgot")
	b.fill("#email", lovelace)
	b.press("form", "Mail me a link")
	b.see("Check your inbox")
	b.inspect("forgot-sent")
	b.open(b.server.letter(lovelace, "assword").Link())
	b.see("Choose a new password")
	b.inspect("reset")
	b.fill("#password", "12345678")
	b.press("form", "Change my password")
	b.see("one of the first that anybody would try")
	b.until("the focus on the field", `document.activeElement.id === "password" && document.title.startsWith("Error")`)
	b.inspect("reset-error")
	b.fill("#password", "yet another battery")
	b.press("form", "Change my password")
	b.see("Your password is changed")
	b.press("main", "Sign in")
	b.at("/sign-in")
	b.fill("#login", lovelace)
	b.fill("#password", "yet another battery")
	b.press(`[data-form="sign-in"]`, "Sign in")
	b.see("Signed in as " + lovelace)
}

// download reads the file that the browser is given to save.
func download(b *tab) {
	b.t.Helper()
	chromium.Ask[bool](b.Page, `(() => {
		const give = URL.createObjectURL;
		URL.createObjectURL = (blob) => { void blob.text().then((text) => { window.given = JSON.parse(text); }); return give.call(URL, blob); };
		return true;
	})()`)
	b.press(`[data-form="download"]`, "Download my data")
	b.see("Your data is downloaded.")
	b.until("the whole file", `window.given?.account.email === "`+lovelace+`" && window.given.sessions.length === 1 && window.given.events.length > 5`)
}

func deleteAccount(b *tab) {
	b.t.Helper()
	b.fill("#confirm-email", ada)
	b.press(`[data-form="delete"]`, "Delete my account for good")
	b.errorAt("#confirm-email", "not the address")
	b.fill("#confirm-email", lovelace)
	b.press(`[data-form="delete"]`, "Delete my account for good")
	b.see("Your account is gone")
	b.inspect("deleted")
	b.open("/account")
	b.at("/sign-in")
}

// age makes the proofs of all sessions an hour old.
func age(t *testing.T, s *server) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.database()+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	before := time.Now().UTC().Add(-time.Hour).Format("2006-01-02 15:04:05.000000+00:00")
	result, err := db.ExecContext(t.Context(), "UPDATE sessions SET authenticated_at = ?", before)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%d sessions, %v", n, err)
	}
}

var codeInMail = regexp.MustCompile(`[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}`)

// code returns the code in a mail.
func code(m *smtptest.Message) string { return codeInMail.FindString(m.Text) }
