package browser

import (
	"database/sql"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// hostile is a name that would be HTML, turn what follows it around, or push the rest aside. It is no name that one can give oneself.
const hostile = "\u202eecila <img src=x onerror=alert(1)> WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"

// TestAdministratorsHavePages finds a user by search and keyboard, disables the account with a reason, sees that in the audit trail
// and exports it; invites somebody, and withdraws that. Who is a user is refused.
func TestAdministratorsHavePages(t *testing.T) {
	for _, d := range []chromium.Screen{desktop, {Name: "phone", Width: 360, Height: 740, Mobile: true, Dark: true}} {
		t.Run(d.Name, func(t *testing.T) {
			chromium.Need(t)
			t.Parallel()
			s := serve(t, "LATCHKEY_USERNAMES=optional")
			s.account(ada)
			s.account("mallory@example.com")
			rename(t, s, "mallory@example.com", hostile)
			s.command(password+"\n", "user", "create", "--confirmed", "--role", "admin", "root@example.com")
			b := newTab(t, s, d)
			enter := func(email string) {
				b.open("/admin")
				b.at("/sign-in")
				b.fill("#login", email)
				b.fill("#password", password)
				b.press(`[data-form="sign-in"]`, "Sign in")
				b.at("/admin")
			}

			enter(ada)
			b.see("You can't open this page")
			b.until("no list", `!document.querySelector(".users") && !document.querySelector("[data-nav]").checkVisibility()`)
			b.inspect("admin-refused")
			b.press("header", "Sign out")
			b.at("/sign-in")

			enter("root@example.com")
			b.see("Users: 3")
			b.inspect("admin-users")
			b.do(chromedp.KeyEvent("/"))
			b.until("the focus in the search", `document.activeElement.id === "search"`)
			b.do(chromedp.KeyEvent("nobody"))
			b.see("No users match.")
			b.fill("#search", "mallory")
			b.see("Users: 1")
			b.until("one row, its name as text", `document.querySelectorAll(".users tbody tr").length === 1 && document.querySelector("[data-row]").textContent.startsWith("\ufffdecila <img")`)
			b.do(chromedp.KeyEvent(kb.ArrowDown))
			b.until("the focus in the row", `document.activeElement.matches("[data-row]")`)
			b.do(chromedp.KeyEvent("j"), chromedp.KeyEvent(kb.ArrowUp))
			b.until("the focus back in the search", `document.activeElement.id === "search"`)
			b.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
			b.until("the page of the user", `document.querySelector("h1").textContent.startsWith("\ufffdecila <img") && !document.querySelector("main img")`)
			b.inspect("admin-user")
			b.do(chromedp.KeyEvent(kb.Escape))
			b.see("Users: 1")
			b.do(chromedp.Evaluate[chromedp.Void]("history.back()"))

			b.press("main", "Disable account")
			b.see("All sessions end")
			b.press("dialog[open]", "Disable account")
			b.until("an error at the empty reason", `document.activeElement.id === "field-reason" && document.getElementById("field-reason-error").innerText !== ""`)
			b.inspect("admin-dialog")
			b.fill("#field-reason", "=sends spam")
			b.press("dialog[open]", "Disable account")
			b.see("The account is disabled.")
			b.see("This account is disabled.")
			b.see("Account disabled") // in the audit trail
			b.see("=sends spam")

			b.press("header", "Invitations")
			b.see("Nobody has been invited")
			b.press("main", "Invite user")
			b.fill("#field-email", "grace@example.com")
			b.press("dialog[open]", "Send invitation")
			b.see("The invitation to grace@example.com is on its way.")
			b.until("one row", `document.querySelectorAll(".invitations tbody tr").length === 1 && document.querySelector(".invitations").innerText.includes("Pending")`)
			b.inspect("admin-invitations")
			b.do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".invitations tbody tr").dataset.before = ""`))
			b.press("main", "Resend")
			b.see("The earlier link stops working.")
			b.press("dialog[open]", "Send invitation")
			b.until("the list anew", `!document.querySelector("dialog[open]") && document.querySelectorAll(".invitations tbody tr").length === 1 && !document.querySelector("[data-before]")`)
			b.see("The invitation to grace@example.com is on its way.")
			b.press("main", "Withdraw")
			b.press("dialog[open]", "Withdraw invitation")
			b.see("The invitation is withdrawn.")
			b.see("Nobody has been invited")

			b.press("header", "Audit trail")
			b.until("the event, with who acted", `[...document.querySelectorAll(".audit tbody tr")].some(row => row.innerText.includes("=sends spam") && row.querySelectorAll("a").length === 2)`)
			b.inspect("admin-audit")
			b.do(chromedp.Evaluate[chromedp.Void](`const url = URL.createObjectURL; URL.createObjectURL = blob => { blob.text().then(text => { window.exported = text }); return url.call(URL, blob) }`))
			b.press("main", "Export as CSV")
			b.until("a file without formulas", `window.exported.includes("\"account_disabled\"") && window.exported.includes("\"'=sends spam\"") && !window.exported.includes("\"=")`)
		})
	}
}

// rename writes a name into the database, past all checks.
func rename(t *testing.T, s *server, email, name string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.database()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `UPDATE users SET name = ? WHERE email = ?`, name, email); err != nil {
		t.Fatal(err)
	}
}
