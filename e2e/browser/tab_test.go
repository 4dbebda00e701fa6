package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long anything may take that a person waits for. The machine may be busy.
const patience = 20 * time.Second

// axe looks for what keeps people with disabilities out. It is the file of the npm package axe-core,
// at the version that web/account/package.json pins.
//
//go:embed testdata/axe.min.js
var axe string

// device is what somebody sits in front of.
type device struct {
	name          string
	width, height int64
	dark          bool
}

var (
	desktop = device{name: "desktop", width: 1280, height: 900}
	phone   = device{name: "phone", width: 320, height: 640, dark: true}
)

type step = chromedp.Action[chromedp.Void]

// tab is a page in a browser that nobody else uses.
type tab struct {
	t      *testing.T
	ctx    context.Context
	server *server
	device device

	mu         sync.Mutex
	foreign    []string // requests to other hosts
	complaints []string // what the browser said
	expected   bool     // complaints are what the test is about
}

// newTab opens a browser with no cookies. The test fails if a page asks another host for anything, or
// if the browser complains.
func newTab(t *testing.T, s *server, d device) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(needBrowser(t), chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, server: s, device: d}
	if err := chromedp.Listen(ctx, b.listen); err != nil { // which opens it, for as long as the context
		t.Fatal(err)
	}
	b.do(look(d), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, networkErr := cdp.Call(ctx, tab, network.Enable, network.EnableParams{})
		_, logErr := cdp.Call(ctx, tab, log.Enable, cdp.Empty{})
		_, runtimeErr := cdp.Call(ctx, tab, runtime.Enable, cdp.Empty{})
		return errors.Join(networkErr, logErr, runtimeErr)
	}))
	t.Cleanup(func() {
		if t.Failed() {
			b.shoot(strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()) + "-failed")
		}
		cancel()
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, address := range b.foreign {
			t.Errorf("a page asked another host: %s", address)
		}
		if !b.expected {
			for _, complaint := range b.complaints {
				t.Errorf("the browser complained: %s", hideTokens(complaint))
			}
		}
	})
	return b
}

// look makes a tab look like a device.
func look(d device) step {
	scheme := "light"
	if d.dark {
		scheme = "dark"
	}
	return chromedp.Steps(chromedp.EmulateViewport(d.width, d.height), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		asked = e.Request.URL
	case *network.EventWebSocketCreated:
		asked = e.URL
	case *runtime.EventExceptionThrown:
		what := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			what += " " + e.ExceptionDetails.Exception.Description
		}
		b.complaints = append(b.complaints, what)
	case *log.EventEntryAdded:
		// A link that does not work is answered with 400; that is no fault of the page.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	}
	if u, err := url.Parse(asked); asked != "" && (err != nil || (u.Scheme == "http" || u.Scheme == "https" || u.Scheme == "ws" || u.Scheme == "wss") && !strings.HasPrefix(asked, b.server.url+"/")) {
		b.foreign = append(b.foreign, asked)
	}
}

// do takes steps in the time that a person would wait.
func (b *tab) do(steps ...step) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("on %s: %v", b.where(), err)
	}
}

// where says which page is shown, without what stands behind a question mark.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	where, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + ", where it says:\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		return "a page that does not answer"
	}
	return hideTokens(where)
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
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// A page that is left takes the wait along; then the next one is asked.
	wait := fmt.Sprintf(`new Promise(done => { const look = () => (%s) ? done(true) : setTimeout(look, 10); look() })`, expression)
	for {
		held, err := chromedp.Run(ctx, chromedp.Evaluate[bool](wait, chromedp.EvalAwaitPromise))
		if err == nil && held {
			return
		}
		if ctx.Err() != nil {
			b.t.Fatalf("waited for %s in vain, on %s", what, b.where())
		}
	}
}

// quoted is a text as JavaScript has it.
func quoted(text string) string {
	encoded, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(encoded)
}

// see waits for a text to be shown.
func (b *tab) see(text string) {
	b.t.Helper()
	b.until("the text "+text, "document.body && document.body.innerText.includes("+quoted(text)+")")
}

// at waits for a page to be there whose script has begun.
func (b *tab) at(path string) {
	b.t.Helper()
	b.until("the page "+path, "location.pathname === "+quoted(path)+` && document.readyState === "complete"`)
}

// ask returns what an expression of JavaScript is worth.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("on %s: %v", b.where(), err)
	}
	return value
}

// fill types into a field of a form, in place of what is there.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.until("the field "+selector, "document.querySelector("+quoted(selector)+")?.checkVisibility()")
	b.do(chromedp.Focus(chromedp.CSS(selector)), chromedp.Evaluate[chromedp.Void]("document.querySelector("+quoted(selector)+").select?.()"))
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
	b.until("the button "+words, fmt.Sprintf(`(() => {
		document.querySelectorAll("[%[3]s]").forEach(e => e.removeAttribute("%[3]s"));
		const found = [...document.querySelectorAll(%[1]s + " button, " + %[1]s + " a")].find(e =>
			e.innerText.trim() === %[2]s && e.checkVisibility() && !e.disabled && !e.closest("[aria-busy=true]"));
		found?.setAttribute("%[3]s", "");
		return !!found && document.readyState === "complete";
	})()`, quoted(within), quoted(words), mark))
	b.do(chromedp.Click(chromedp.CSS("[" + mark + "]")))
}

// errorAt waits for an error to stand at a field: marked, described by it, and with the focus.
func (b *tab) errorAt(selector, words string) {
	b.t.Helper()
	b.until("an error at "+selector, fmt.Sprintf(`(() => {
		const field = document.querySelector(%s), place = document.getElementById((field.getAttribute("aria-describedby") ?? "").split(" ")[0]);
		return field.getAttribute("aria-invalid") === "true" && place?.checkVisibility() && place.innerText.includes(%s) && document.activeElement === field;
	})()`, quoted(selector), quoted(words)))
}

// inspect looks at the page in light and in dark: axe finds nothing, nothing is wider than the screen, and
// an image is kept.
func (b *tab) inspect(name string) {
	b.t.Helper()
	for _, dark := range []bool{!b.device.dark, b.device.dark} {
		d := b.device
		d.dark = dark
		b.do(look(d))
		if wide := ask[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			b.t.Errorf("%s: the page is %d pixels too wide for %d", name, wide, d.width)
		}
		b.audit(name, d)
		theme := map[bool]string{true: "dark", false: "light"}[dark]
		b.shoot(name + "-" + d.name + "-" + theme)
	}
}

// audit lets axe look at the page.
func (b *tab) audit(name string, d device) {
	b.t.Helper()
	if !ask[bool](b, `typeof axe === "object"`) {
		b.do(chromedp.Evaluate[chromedp.Void](axe))
	}
	type violation struct{ ID, Impact, Help, Nodes string }
	for _, v := range ask[[]violation](b, `axe.run(document, { resultTypes: ["violations"] }).then(result => result.violations.map(v => ({
		ID: v.id, Impact: v.impact, Help: v.help, Nodes: v.nodes.map(n => n.target.join(" ") + ": " + n.failureSummary).join("; ") })))`) {
		b.t.Errorf("%s (%s, dark: %v): axe finds %s (%s): %s: %s", name, d.name, d.dark, v.ID, v.Impact, v.Help, v.Nodes)
	}
}

// shoot keeps an image of the whole page.
func (b *tab) shoot(name string) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Logf("no image of %s: %v", name, err)
		return
	}
	if err := os.WriteFile(filepath.Join(artifacts, name+".png"), image, 0o600); err != nil {
		b.t.Error(err)
	}
}
