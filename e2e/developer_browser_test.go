package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// response is the text of the editor in which the playground shows answers. It hides nothing, but
// holds only what is in view.
const response = `document.querySelector(".graphiql-response .CodeMirror")?.CodeMirror.getValue()`

// tab chooses a tab of the playground by the name of its operation.
func tab(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Click(chromedp.Search(`//button[contains(@class,"graphiql-tab-button") and normalize-space()="` + name + `"]`))
}

// TestPlayground logs in by the cookie and asks who that is, with nothing from any other host and
// nothing that its policy forbids.
func TestPlayground(t *testing.T) {
	t.Parallel()
	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_EMAIL_VERIFICATION": "none"})
	p.registered()
	for name, screen := range map[string]chromium.Screen{
		"on a desktop in light": {Width: 1400, Height: 900},
		"on a desktop in dark":  {Width: 1400, Height: 900, Dark: true},
		"on a phone":            {Mobile: true, Width: 320, Height: 640, Dark: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := chromium.Open(t, p.url, screen)
			b.CountRefusals()
			b.Do("open the playground", chromedp.Navigate(p.url+"/playground"), chromedp.WaitVisible(chromedp.CSS(".graphiql-execute-button")))
			if screen.Width > 1000 {
				b.Do("see the documentation", chromium.Until(`document.querySelector(".graphiql-doc-explorer")?.textContent.includes("Mutation") &&
					document.querySelector(".graphiql-doc-explorer").getBoundingClientRect().left > 0`))
			}
			b.Do("see the variables", chromium.Until(`document.querySelector(".graphiql-editor-tool .CodeMirror").CodeMirror.getValue().includes("ada@example.com")`))
			if height := chromium.Ask[float64](b, `document.querySelector(".graphiql-query-editor .CodeMirror").getBoundingClientRect().height`); height < 150 {
				t.Errorf("the editor is %v pixels high", height)
			}
			b.Picture("1 open")
			b.Do("log in", tab("Login"), chromium.Until(`document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.getValue().includes("COOKIE")`),
				chromedp.Click(chromedp.CSS(".graphiql-execute-button")), chromium.Until(response+`?.includes('"ada@example.com"')`))
			b.Picture("2 logged in")
			b.Do("ask who that is", tab("Me"), chromedp.Click(chromedp.CSS(".graphiql-execute-button")), chromium.Until(response+`?.includes('"current": true')`))
			b.Picture("3 me")
			b.Do("open a menu and close it", chromedp.Click(chromedp.CSS(`[aria-label="Open short keys dialog"]`)), chromedp.WaitVisible(chromedp.CSS(`[role="dialog"]`)))
			b.Picture("4 dialog")
			b.Do("close it", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotPresent(chromedp.CSS(`[role="dialog"]`)))
			b.Do("give a token that is none", chromedp.SendKeys(chromedp.CSS("#token"), "nonsense"),
				chromedp.Click(chromedp.CSS(".graphiql-execute-button")), chromium.Until(response+`?.includes("UNAUTHENTICATED")`))

			if kept := chromium.Ask[string](b, `JSON.stringify(sessionStorage) + document.cookie`); strings.Contains(kept, "nonsense") {
				t.Error("got the token in storage, want it nowhere")
			}
			if kept := chromium.Ask[string](b, `JSON.stringify(localStorage)`); kept != "{}" {
				t.Errorf("%d bytes outlive the tab of the browser", len(kept))
			}
		})
	}
}

// registered signs Ada up where that needs no confirmation.
func (p *process) registered() {
	p.t.Helper()
	answer := p.graphql("", `mutation($e: String!, $p: String!) { register(input: {email: $e, password: $p, name: "Ada"}) { confirmationRequired errors { code } } }`,
		map[string]any{"e": email, "p": password})
	p.expect("register", answer, `{"data":{"register":{"confirmationRequired":false,"errors":[]}}}`)
}

// TestInboxInABrowser has a mail arrive under the reader's eyes, and opens its link.
func TestInboxInABrowser(t *testing.T) {
	t.Parallel()
	for name, screen := range map[string]chromium.Screen{
		"on a desktop in light": {Width: 1200, Height: 800},
		"on a desktop in dark":  {Width: 1200, Height: 800, Dark: true},
		"on a phone":            {Mobile: true, Width: 320, Height: 640},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()})
			b := chromium.Open(t, p.url, screen)
			b.CountRefusals()
			b.Do("open the inbox", chromedp.Navigate(p.inbox()), chromium.Until(`document.getElementById("live").textContent === "Live"`))
			b.Picture("1 empty")
			p.register()
			b.Do("see the mail come", chromedp.WaitVisible(chromedp.CSS(`#list a`)))
			b.Picture("2 arrived")
			b.Do("open it", chromedp.Click(chromedp.CSS(`#list a`)), chromedp.WaitVisible(chromedp.CSS(`.chosen #mail iframe`)))
			b.Picture("3 open")
			b.Do("read the text", chromedp.Click(chromedp.CSS(`#mail summary`)), chromedp.WaitVisible(chromedp.CSS(`#mail pre a`)))
			b.Do("see a second one come without losing the first",
				chromedp.Func(func(context.Context, *chromedp.Target) error { p.register(); return nil }),
				chromium.Until(`document.querySelectorAll("#list a").length === 2 && document.querySelector("#mail details").open`))
			b.Picture("4 second")

			opened := b.Opened("/confirm?token=")
			follow := func() {
				b.Do("follow the link in the mail", chromedp.Focus(chromedp.CSS(`#mail iframe`)), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
			}
			follow()
			again := time.NewTicker(2 * time.Second) // the mail may not have been drawn yet when the key came
			defer again.Stop()
			for deadline, following := time.After(time.Minute), true; following; {
				select {
				case <-opened:
					following = false
				case <-again.C:
					follow()
				case <-deadline:
					t.Error("got no new window after the key on the link, want the page of the link")
					following = false
				}
			}
		})
	}
}

// TestFrontDoorInABrowser copies a line.
func TestFrontDoorInABrowser(t *testing.T) {
	t.Parallel()
	for name, screen := range map[string]chromium.Screen{
		"on a desktop in light": {Width: 1200, Height: 1000},
		"on a desktop in dark":  {Width: 1200, Height: 1000, Dark: true},
		"on a phone":            {Mobile: true, Width: 320, Height: 900},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()})
			b := chromium.Open(t, p.url, screen)
			b.CountRefusals()
			b.Do("open the front door", chromedp.Navigate(p.url+"/"), chromedp.WaitVisible(chromedp.CSS(".copy-all")))
			b.Picture("1 open")
			b.Do("copy a line", chromedp.Click(chromedp.CSS(".steps button")), chromium.Until(`document.querySelector(".steps button").textContent === "Copied"`))
			if chromium.Ask[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
				t.Error("got a page wider than the window, want it within")
			}
		})
	}
}
