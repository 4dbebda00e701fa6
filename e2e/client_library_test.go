package e2e

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// TestTheClientLibraries generates and builds the packages in clients, and runs their own tests against the program.
func TestTheClientLibraries(t *testing.T) {
	t.Parallel()
	folder := installed(t, "clients/typescript")
	generatedAnew(t, folder)
	place(t, filepath.Join(folder, "..", "..", "docs", "clients"), "javascript.md", documented(t))
	page := filepath.Join(folder, "..", "..", "web")
	if err := os.MkdirAll(page, 0o700); err != nil {
		t.Fatal(err)
	}
	runIn(t, folder, command(t, "npm", "run", "--silent", "build"))
	built, err := os.ReadFile(filepath.Join(page, "client.js"))
	if err != nil {
		t.Fatal(err)
	}
	if served, err := os.ReadFile("../web/client.js"); err != nil || string(served) != string(built) {
		t.Errorf("web/client.js is not what its source says: run `npm run build` in clients/typescript, and commit what it changes (%v)", err)
	}
	react := copied(t, filepath.Join(folder, "..", ".."), "clients/react")
	t.Run("client", func(t *testing.T) {
		t.Parallel()
		checkedAndTested(t, folder)
	})
	t.Run("react", func(t *testing.T) {
		t.Parallel()
		if err := npmInstall(react); err != nil {
			t.Fatal(err)
		}
		runIn(t, react, command(t, "npm", "run", "--silent", "build"))
		checkedAndTested(t, react)
	})
}

// checkedAndTested checks the types of a package that is built, and runs its tests.
func checkedAndTested(t *testing.T, folder string) {
	t.Helper()
	runIn(t, folder, command(t, "npm", "run", "--silent", "check"))
	runIn(t, folder, command(t, "npm", "test", "--silent"), "LATCHKEY_BINARY="+binary)
}

// documented returns the page about the client, whose programs tsc checks.
func documented(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/clients/javascript.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestTheTenLines opens the page of examples/html, which README.md shows, on an origin of its own: a wrong password, a
// sign-up, a reload, and a sign-out that another tab hears of.
func TestTheTenLines(t *testing.T) {
	t.Parallel()
	chromium.Need(t)
	text, err := os.ReadFile("../examples/html/index.html")
	if err != nil {
		t.Fatal(err)
	}
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_EMAIL_VERIFICATION": "none"})
	site := httptest.NewServer(&app{files: map[string]string{"/": string(text)}, latchkey: p.issuer()})
	t.Cleanup(site.Close)
	address := strings.Replace(site.URL, "127.0.0.1", "localhost", 1) // the site of the server, whose cookie it gets

	b := chromium.Open(t, address, chromium.Screen{Width: 600, Height: 400})
	b.Expect() // the server is another origin, and tells a stranger that there is no session
	says := func(text string) chromedp.Action[chromedp.Void] {
		return chromium.Until(`document.querySelector("output").value.includes(` + chromium.Quoted(text) + `)`)
	}
	button := func(name string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(chromedp.Search(`//button[normalize-space()="` + name + `"]`))
	}
	b.Do("sign in without an account", chromedp.Navigate(address), chromedp.SendKeys(chromedp.CSS(`[name=email]`), email),
		chromedp.SendKeys(chromedp.CSS(`[name=password]`), password), button("Sign in"), says("Wrong email or password"))
	b.Do("sign up", button("Sign up"), says("Hello, "+email))
	b.Do("reload", chromedp.Navigate(address), says("Hello, "+email))
	b.Picture("ten lines")
	b.Do("open another tab of the page", chromium.Until(`(() => {
		const frame = document.createElement("iframe"); frame.src = location.href; document.body.append(frame); return true })()`),
		chromium.Until(`document.querySelector("iframe").contentDocument.querySelector("output")?.value.includes("Hello")`))
	b.Do("sign out", button("Sign out"), chromium.Until(`!document.querySelector("form").hidden`),
		chromium.Until(`!document.querySelector("iframe").contentDocument.querySelector("form").hidden`))
	if kept := chromium.Ask[string](b, `JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie`); kept != "{}{}" {
		t.Errorf("the page keeps %d bytes", len(kept))
	}
}
