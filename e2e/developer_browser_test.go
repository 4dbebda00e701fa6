package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
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
	for name, c := range map[string]struct {
		width, height int64
		dark          bool
	}{
		"on a desktop in light": {1400, 900, false},
		"on a desktop in dark":  {1400, 900, true},
		"on a phone":            {320, 640, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := openChromium(t, p.url, c.width, c.height, c.dark)
			b.do("open the playground", chromedp.Navigate(p.url+"/playground"), chromedp.WaitVisible(chromedp.CSS(".graphiql-execute-button")))
			if c.width > 1000 {
				b.do("see the documentation", until(`document.querySelector(".graphiql-doc-explorer")?.textContent.includes("Mutation") &&
					document.querySelector(".graphiql-doc-explorer").getBoundingClientRect().left > 0`))
			}
			b.do("see the variables", until(`document.querySelector(".graphiql-editor-tool .CodeMirror").CodeMirror.getValue().includes("ada@example.com")`))
			if height := ask[float64](b, `document.querySelector(".graphiql-query-editor .CodeMirror").getBoundingClientRect().height`); height < 150 {
				t.Errorf("the editor is %v pixels high", height)
			}
			b.picture("1 open")
			b.do("log in", tab("Login"), until(`document.querySelector(".graphiql-query-editor .CodeMirror").CodeMirror.getValue().includes("COOKIE")`),
				chromedp.Click(chromedp.CSS(".graphiql-execute-button")), until(response+`?.includes('"ada@example.com"')`))
			b.picture("2 logged in")
			b.do("ask who that is", tab("Me"), chromedp.Click(chromedp.CSS(".graphiql-execute-button")), until(response+`?.includes('"current": true')`))
			b.picture("3 me")
			b.do("open a menu and close it", chromedp.Click(chromedp.CSS(`[aria-label="Open short keys dialog"]`)), chromedp.WaitVisible(chromedp.CSS(`[role="dialog"]`)))
			b.picture("4 dialog")
			b.do("close it", chromedp.KeyEvent(kb.Escape), chromedp.WaitNotPresent(chromedp.CSS(`[role="dialog"]`)))
			b.do("give a token that is none", chromedp.SendKeys(chromedp.CSS("#token"), "nonsense"),
				chromedp.Click(chromedp.CSS(".graphiql-execute-button")), until(response+`?.includes("UNAUTHENTICATED")`))

			if kept := ask[string](b, `JSON.stringify(sessionStorage) + document.cookie`); strings.Contains(kept, "nonsense") {
				t.Error("the token is kept")
			}
			if kept := ask[string](b, `JSON.stringify(localStorage)`); kept != "{}" {
				t.Errorf("%d bytes outlive the tab of the browser", len(kept))
			}
			b.innocent()
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
	for name, c := range map[string]struct {
		width, height int64
		dark          bool
	}{
		"on a desktop in light": {1200, 800, false},
		"on a desktop in dark":  {1200, 800, true},
		"on a phone":            {320, 640, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()})
			b := openChromium(t, p.url, c.width, c.height, c.dark)
			b.do("open the inbox", chromedp.Navigate(p.inbox()), until(`document.getElementById("live").textContent === "Live"`))
			b.picture("1 empty")
			p.register()
			b.do("see the mail come", chromedp.WaitVisible(chromedp.CSS(`#list a`)))
			b.picture("2 arrived")
			b.do("open it", chromedp.Click(chromedp.CSS(`#list a`)), chromedp.WaitVisible(chromedp.CSS(`.chosen #mail iframe`)))
			b.picture("3 open")
			b.do("read the text", chromedp.Click(chromedp.CSS(`#mail summary`)), chromedp.WaitVisible(chromedp.CSS(`#mail pre a`)))
			b.do("see a second one come without losing the first",
				chromedp.Func(func(context.Context, *chromedp.Target) error { p.register(); return nil }),
				until(`document.querySelectorAll("#list a").length === 2 && document.querySelector("#mail details").open`))
			b.picture("4 second")

			opened := chromedp.WaitNewTarget(b.ctx, func(info *target.Info) bool { return strings.Contains(info.URL, "/confirm?token=") })
			follow := func() {
				b.do("follow the link in the mail", chromedp.Focus(chromedp.CSS(`#mail iframe`)), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Enter))
			}
			follow()
			again := time.NewTicker(2 * time.Second) // the mail may not have been drawn yet when the key came
			defer again.Stop()
			for deadline, following := time.After(20*time.Second), true; following; {
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
			b.innocent()
		})
	}
}

// TestFrontDoorInABrowser copies a line.
func TestFrontDoorInABrowser(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		width, height int64
		dark          bool
	}{
		"on a desktop in light": {1200, 1000, false},
		"on a desktop in dark":  {1200, 1000, true},
		"on a phone":            {320, 900, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir()})
			b := openChromium(t, p.url, c.width, c.height, c.dark)
			b.do("open the front door", chromedp.Navigate(p.url+"/"), chromedp.WaitVisible(chromedp.CSS(".copy-all")))
			b.picture("1 open")
			b.do("copy a line", chromedp.Click(chromedp.CSS(".steps button")), until(`document.querySelector(".steps button").textContent === "Copied"`))
			if ask[bool](b, `document.documentElement.scrollWidth > innerWidth`) {
				t.Error("the page is wider than the window")
			}
			b.innocent()
		})
	}
}
