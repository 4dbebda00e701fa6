package e2e

import (
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is a browser that fails its test when a page asks another host for anything, breaks its own
// security policy, or has a script that fails.
type chromium struct {
	t    *testing.T
	ctx  context.Context
	host string // the only one that may be asked

	mu     sync.Mutex
	faults []string
}

// chromiumProgram returns where the browser is. Without one the test is skipped, or fails under
// LATCHKEY_TEST_BROWSER=required.
func chromiumProgram(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "there is no Chromium here (Debian: apt-get install chromium)"
	if os.Getenv("LATCHKEY_TEST_BROWSER") == "required" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// openChromium starts a browser of a width and a height in pixels, in dark or light.
func openChromium(t *testing.T, address string, width, height int64, dark bool) *chromium {
	t.Helper()
	path := chromiumProgram(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.Flag("disable-gpu", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which it refuses to set up for root
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)

	c := &chromium{t: t, ctx: ctx, host: u.Host}
	if err := chromedp.Listen(ctx, c.listen); err != nil { // which starts it
		t.Fatalf("start the browser: %v", err)
	}
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	c.do("set the browser up",
		call(network.Enable, network.EnableParams{}),
		call(log.Enable, cdp.Empty{}),
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600}),
		call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}),
		call(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: reportViolations}),
	)
	return c
}

// call is a command of the browser's protocol whose answer makes no difference.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, command, params)
		return err
	})
}

// reportViolations makes the console say what a page's security policy kept it from.
const reportViolations = `addEventListener("securitypolicyviolation", (e) =>
	console.error("policy: " + e.effectiveDirective + " " + e.blockedURI + " " + e.sourceFile + ":" + e.lineNumber));`

// listen notes what a page must not do.
func (c *chromium) listen(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(e.Request.URL)
		local := err == nil && (u.Host == c.host || u.Scheme == "data" || u.Scheme == "blob" || u.Scheme == "about")
		if !local {
			c.fault("asks another host: " + e.Request.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, arg := range e.Args {
				words = append(words, string(arg.Value)+arg.Description)
			}
			c.fault("console: " + strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		c.fault("script: " + e.ExceptionDetails.Text + " " + e.ExceptionDetails.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			c.fault("log: " + e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (c *chromium) fault(words string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, words)
}

// innocent fails the test if a page did what it must not.
func (c *chromium) innocent() {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, fault := range c.faults {
		c.t.Errorf("the page %s", hideTokens(fault))
	}
}

// do does something in the browser, or fails the test, with a picture in LATCHKEY_TEST_SCREENSHOTS.
func (c *chromium) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		c.picture("failed")
		c.innocent()
		c.t.Fatalf("%s: %v", what, err)
	}
}

// ask returns what an expression of JavaScript is.
func ask[T any](c *chromium, expression string) T {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		c.t.Fatalf("ask the page: %v", err)
	}
	return answer
}

// picture keeps a picture of the page in the folder LATCHKEY_TEST_SCREENSHOTS, if there is one.
func (c *chromium) picture(name string) {
	c.t.Helper()
	folder := os.Getenv("LATCHKEY_TEST_SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, cancel := context.WithTimeout(c.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		c.t.Errorf("take a picture: %v", err)
		return
	}
	name = strings.NewReplacer("/", "-", " ", "-", "_", "-").Replace(c.t.Name()+"-"+name) + ".png"
	if err := errors.Join(os.MkdirAll(folder, 0o750), os.WriteFile(filepath.Join(folder, name), png, 0o600)); err != nil {
		c.t.Fatal(err)
	}
}

// until waits until an expression of JavaScript is true.
func until(expression string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Poll[bool](expression+" ? true : false", chromedp.WithPollingInterval(50*time.Millisecond))(ctx, t)
		return err
	})
}
