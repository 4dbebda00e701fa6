package browser

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// TestThePolicyBlocks tries what somebody would who found a hole in a page: the browser does none of it.
func TestThePolicyBlocks(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(elsewhere.Close)
	s := serve(t, "LATCHKEY_EMAIL_VERIFICATION=optional")

	for _, path := range []string{"/sign-in", "/sign-up", "/forgot", "/account", "/email-change?token=x", "/confirm?token=x", "/reset?token=x", "/undo-email-change?token=x"} {
		b := newTab(t, s, desktop)
		b.Expect()              // the attempts are noted; what counts is what arrived
		if path == "/account" { // without a session it leads to another page, in the midst of an attempt if need be
			b.open("/sign-up")
			b.fill("#email", ada)
			b.fill("#password", password)
			b.press(`[data-form="sign-up"]`, "Sign up")
			b.at(path)
			b.see("Signed in as " + ada)
		} else {
			b.open(path)
		}
		for name, attack := range map[string]string{
			"an inline script": `const s = document.createElement("script"); s.appendChild(document.createTextNode("window.injected = true")); document.body.append(s);`,
			"a handler in an attribute": `const i = document.createElement("img"); i.setAttribute("onerror", "window.injected = true"); i.src = "nothing.png"; document.body.append(i);
				await new Promise(done => i.addEventListener("error", done));`,
			"a handler on an element":        `document.body.setAttribute("onclick", "window.injected = true"); document.body.click();`,
			"a javascript: address":          `const a = document.createElement("a"); a.href = "javascript:void(window.injected = true)"; document.body.append(a); a.click();`,
			"a script of another host":       `const s = document.createElement("script"); s.src = ELSEWHERE + "/x.js"; document.body.append(s); await new Promise(done => s.addEventListener("error", done));`,
			"a request to another host":      `await fetch(ELSEWHERE, { mode: "no-cors" }); window.injected = true;`,
			"a beacon to another host":       `navigator.sendBeacon(ELSEWHERE + "/beacon", "x");`,
			"an image of another host":       `const i = new Image(); i.src = ELSEWHERE + "/i.png"; await new Promise(done => i.addEventListener("error", done));`,
			"a form to another host":         `const f = document.createElement("form"); f.action = ELSEWHERE; f.method = "post"; document.body.append(f); f.submit();`,
			"another base for its addresses": `const e = document.createElement("base"); e.href = ELSEWHERE; document.head.append(e); if (!document.baseURI.startsWith(location.origin)) window.injected = true;`,
			"a style sheet of another host":  `const l = document.createElement("link"); l.rel = "stylesheet"; l.href = ELSEWHERE + "/x.css"; document.head.append(l); await new Promise(done => l.addEventListener("error", done));`,
		} {
			attack = strings.ReplaceAll(attack, "ELSEWHERE", chromium.Quoted(elsewhere.URL))
			if chromium.Ask[bool](b.Page, `(async () => { try { `+attack+` } catch { } return window.injected === true })()`) {
				t.Errorf("%s: %s works", path, name)
			}
		}
		if withScript := !strings.Contains(path, "token=x") || strings.HasPrefix(path, "/email-change"); withScript {
			if chromium.Ask[bool](b.Page, `(() => { try { document.body.innerHTML = "<p>x</p>"; return true } catch { return false } })()`) {
				t.Errorf("%s: text becomes HTML", path)
			}
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

// TestARequestToAnotherHostIsSeen tries the watch that every other test relies on.
func TestARequestToAnotherHostIsSeen(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	elsewhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(elsewhere.Close)
	_, port, err := net.SplitHostPort(elsewhere.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b := newTab(t, serve(t), desktop)
	b.open("http://localhost:" + port + "/")
	b.Expect()
	if len(b.Foreign()) == 0 {
		t.Error("got no request to another host noted, want at least one")
	}
}

// TestWithoutScripts says plainly which pages need them, and uses the others, which links in mails lead to.
func TestWithoutScripts(t *testing.T) {
	chromium.Need(t)
	t.Parallel()
	s := serve(t)
	b := newTab(t, s, phone)
	b.open("/sign-up")
	b.fill("#email", ada)
	b.fill("#password", password)
	b.press(`[data-form="sign-up"]`, "Sign up")
	b.see("Check your inbox")

	without := newTab(t, s, phone)
	without.do(chromium.Call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	for _, path := range []string{"/sign-up", "/sign-in", "/forgot", "/account", "/email-change?token=x"} {
		without.open(path)
		without.shows("This page needs JavaScript")
		if chromium.Ask[bool](without.Page, `[...document.querySelectorAll("form")].some(form => form.checkVisibility())`) {
			t.Errorf("%s shows a form that does nothing", path)
		}
	}
	without.Picture("without-scripts")

	without.open(s.letter(ada, "onfirm").Link())
	without.do(chromedp.Click(chromedp.CSS(`button[type="submit"]`)))
	without.shows("Your address " + ada + " is confirmed.")
	without.do(chromedp.Click(chromedp.CSS(`a.button`)))
	without.shows("This page needs JavaScript")

	b.open("/forgot")
	b.fill("#email", ada)
	b.press("form", "Mail me a link")
	b.see("Check your inbox")
	without.open(s.letter(ada, "assword").Link())
	without.do(chromedp.SendKeys(chromedp.CSS("#password"), "another battery"), chromedp.Click(chromedp.CSS(`button[type="submit"]`)))
	without.shows("Your password is changed")
}

// shows waits for a text on a page that runs no scripts.
func (b *tab) shows(text string) {
	b.t.Helper()
	b.do(chromedp.WaitVisible(`//main//*[contains(normalize-space(.), ` + chromium.Quoted(text) + `)]`))
}
