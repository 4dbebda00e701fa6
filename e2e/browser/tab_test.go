package browser

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// axe looks for what keeps people with disabilities out. It is the file of the npm package axe-core,
// at the version that web/account/package.json pins.
//
//go:embed testdata/axe.min.js
var axe string

var (
	desktop = chromium.Screen{Name: "desktop", Width: 1280, Height: 900}
	phone   = chromium.Screen{Name: "phone", Width: 320, Height: 640, Dark: true}
)

// tab is a page of a server, in a browser that nobody else uses.
type tab struct {
	*chromium.Page
	t      *testing.T
	server *server
	device chromium.Screen
}

// newTab opens a browser with no cookies. The test fails if a page asks another host for anything, or
// if the browser complains.
func newTab(t *testing.T, s *server, d chromium.Screen) *tab {
	t.Helper()
	return &tab{Page: chromium.Open(t, s.url, d), t: t, server: s, device: d}
}

// do takes steps in the time that a patient person would wait.
func (b *tab) do(steps ...chromium.Step) {
	b.t.Helper()
	b.Do("use the page", steps...)
}

// open opens a path of the server, or a whole address.
func (b *tab) open(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.server.url + address
	}
	b.do(chromedp.Navigate(address))
}

// until waits for an expression of JavaScript to be true.
func (b *tab) until(what, expression string) {
	b.t.Helper()
	b.Do("wait for "+what, chromium.Until(expression))
}

// see waits for a text to be shown.
func (b *tab) see(text string) {
	b.t.Helper()
	b.until("the text "+text, "document.body && document.body.innerText.includes("+chromium.Quoted(text)+")")
}

// at waits for a page to be there whose script has begun.
func (b *tab) at(path string) {
	b.t.Helper()
	b.until("the page "+path, "location.pathname === "+chromium.Quoted(path)+` && document.readyState === "complete"`)
}

// fill types into a field of a form, in place of what is there.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.until("the field "+selector, "document.querySelector("+chromium.Quoted(selector)+")?.checkVisibility()")
	b.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.Evaluate[chromedp.Void]("document.querySelector("+chromium.Quoted(selector)+").select?.()"))
	if text == "" {
		b.do(chromedp.KeyEvent("\b"))
		return
	}
	b.do(chromedp.KeyEvent(text))
}

// press clicks the button or link with these words, within a part of the page, when it is there and can be
// clicked.
func (b *tab) press(within, words string) {
	b.t.Helper()
	const mark = "data-pressed-by-test"
	b.Do("press "+words, chromium.Press(fmt.Sprintf(`(() => {
		document.querySelectorAll("[%[3]s]").forEach(e => e.removeAttribute("%[3]s"));
		const found = [...document.querySelectorAll(%[1]s + " button, " + %[1]s + " a")].find(e =>
			e.innerText.trim() === %[2]s && e.checkVisibility() && !e.disabled && !e.closest("[aria-busy=true]"));
		found?.setAttribute("%[3]s", "");
		return !!found && document.readyState === "complete";
	})()`, chromium.Quoted(within), chromium.Quoted(words), mark), "["+mark+"]"))
}

// errorAt waits for an error to stand at a field: marked, described by it, and with the focus.
func (b *tab) errorAt(selector, words string) {
	b.t.Helper()
	b.until("an error at "+selector, fmt.Sprintf(`(() => {
		const field = document.querySelector(%s), place = document.getElementById((field.getAttribute("aria-describedby") ?? "").split(" ")[0]);
		return field.getAttribute("aria-invalid") === "true" && place?.checkVisibility() && place.innerText.includes(%s) && document.activeElement === field;
	})()`, chromium.Quoted(selector), chromium.Quoted(words)))
}

// inspect looks at the page in light and in dark: axe finds nothing, nothing is wider than the screen, and
// an image is kept.
func (b *tab) inspect(name string) {
	b.t.Helper()
	for _, dark := range []bool{!b.device.Dark, b.device.Dark} {
		d := b.device
		d.Dark = dark
		b.do(chromium.Show(d))
		if wide := chromium.Ask[int](b.Page, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			b.t.Errorf("%s: the page is %d pixels too wide for %d", name, wide, d.Width)
		}
		b.audit(name, d)
		theme := map[bool]string{true: "dark", false: "light"}[dark]
		b.Picture(name + "-" + d.Name + "-" + theme)
	}
}

// audit lets axe look at the page.
func (b *tab) audit(name string, d chromium.Screen) {
	b.t.Helper()
	if !chromium.Ask[bool](b.Page, `typeof axe === "object"`) {
		b.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	type violation struct{ ID, Impact, Help, Nodes string }
	for _, v := range chromium.Ask[[]violation](b.Page, `axe.run(document, { resultTypes: ["violations"] }).then(result => result.violations.map(v => ({
		ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary).join("; ") })))`) {
		b.t.Errorf("%s (%s, dark: %v): axe finds %s (%s): %s: %s", name, d.Name, d.Dark, v.ID, v.Impact, v.Help, v.Nodes)
	}
}
