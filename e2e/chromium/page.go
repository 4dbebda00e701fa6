package chromium

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Screen is what a page is shown on. Width and Height are in pixels.
type Screen struct {
	Name          string
	Width, Height int64
	Mobile, Dark  bool
}

// Step is something that is done in a page.
type Step = chromedp.Action[chromedp.Void]

// Page is a page in a browser that no other test uses.
type Page struct {
	T *testing.T

	ctx  context.Context
	host string // the only one that may be asked
	faults
}

// Open opens an empty page for the pages at an address. It closes with the test.
func Open(t *testing.T, address string, screen Screen) *Page {
	t.Helper()
	Need(t)
	browser, err := running()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	p := &Page{T: t, ctx: ctx, host: u.Host}
	t.Cleanup(func() {
		if t.Failed() {
			p.Picture("failed")
		}
		cancel()
		for _, fault := range p.noted() {
			t.Errorf("the page %s", HideTokens(fault))
		}
	})
	if err := chromedp.Listen(ctx, p.listen); err != nil { // which opens it
		t.Fatalf("open a page: %v", err)
	}
	p.Do("set the page up",
		Call(network.Enable, network.EnableParams{}),
		Call(log.Enable, cdp.Empty{}),
		Call(runtime.Enable, cdp.Empty{}),
		// Each has the focus, as if there were no other.
		Call(emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}),
		Call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: reportViolations}),
		Show(screen))
	return p
}

// Call is a command of the browser's protocol whose answer makes no difference.
func Call[P, R any](command cdp.Command[P, R], params P) Step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// Show makes a page look as it does on a screen.
func Show(screen Screen) Step {
	scheme := "light"
	if screen.Dark {
		scheme = "dark"
	}
	return chromedp.Steps(
		Call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: screen.Width, Height: screen.Height, DeviceScaleFactor: 1, Mobile: screen.Mobile,
		}),
		Call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}))
}

// Do takes steps, and fails the test if one does not succeed.
func (p *Page) Do(what string, steps ...Step) {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.T.Fatalf("%s: got %v, on %s", what, err, p.where())
	}
}

// Until waits until an expression of JavaScript is true. One that fails is not.
func Until(expression string) Step {
	// A page that is left takes the wait along; then the next one is asked.
	wait := chromedp.Evaluate[bool](fmt.Sprintf(`new Promise(done => {
		const look = () => { let held = false; try { held = !!(%s) } catch { } held ? done(true) : setTimeout(look, 10) };
		look();
	})`, expression), chromedp.EvalAwaitPromise)
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			held, err := wait(ctx, t)
			if err == nil && held {
				return nil
			}
			if ctx.Err() != nil {
				return fmt.Errorf("wait for %s: %w", expression, errors.Join(ctx.Err(), err))
			}
		}
	})
}

// Press waits until an expression of JavaScript is true, which marks what is to be clicked, and clicks what has the
// mark. A page that draws that part anew in between takes the mark along; then it is marked once more.
func Press(marked, selector string) Step {
	wait, click := Until(marked), chromedp.Click(chromedp.CSS(selector))
	there := chromedp.Evaluate[bool]("!!document.querySelector(" + Quoted(selector) + ")")
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for {
			if _, err := wait(ctx, t); err != nil {
				return err
			}
			attempt, cancel := context.WithTimeout(ctx, patience/4)
			_, err := click(attempt, t)
			cancel()
			if err == nil || ctx.Err() != nil {
				return err
			}
			if isThere, askErr := there(ctx, t); askErr != nil || isThere {
				return errors.Join(err, askErr)
			}
		}
	})
}

// Ask returns what an expression of JavaScript is worth.
func Ask[T any](p *Page, expression string) T {
	p.T.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.T.Fatalf("ask the page: got %v, on %s", err, p.where())
	}
	return value
}

// Opened tells once of a page that this one opens, at an address with this part.
func (p *Page) Opened(part string) <-chan target.ID {
	p.T.Helper()
	var self target.ID
	p.Do("find out which page this is", chromedp.Func(func(_ context.Context, t *chromedp.Target) error { self = t.TargetID; return nil }))
	return chromedp.WaitNewTarget(p.ctx, func(info *target.Info) bool { return info.OpenerID == self && strings.Contains(info.URL, part) })
}

// where says which page is shown, without what stands behind a question mark.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	where, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + ", where it says:\n" + (document.body ? document.body.innerText : "")`))
	if err != nil {
		return "a page that does not answer"
	}
	return HideTokens(where)
}

var unfit = regexp.MustCompile(`[^\w.-]+`)

// Picture keeps an image of the whole page in the folder LATCHKEY_TEST_ARTIFACTS, if there is one.
func (p *Page) Picture(name string) {
	p.T.Helper()
	folder := os.Getenv("LATCHKEY_TEST_ARTIFACTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	image, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.T.Logf("no image of %s: %v", name, err)
		return
	}
	name = unfit.ReplaceAllString(p.T.Name()+"-"+name, "-") + ".png"
	if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, name), image, 0o600)); err != nil {
		p.T.Error(err)
	}
}

// Quoted is a text as JavaScript writes it.
func Quoted(text string) string {
	literal, err := json.Marshal(text)
	if err != nil {
		panic(err) // strings always encode
	}
	return string(literal)
}

var anyToken = regexp.MustCompile(`lk_[a-z]+_[0-9A-Za-z]+`)

// HideTokens takes the tokens out of a text.
func HideTokens(text string) string { return anyToken.ReplaceAllString(text, "lk_…") }
