// Package chromium gives tests a real browser: one Chromium in a process, in which each page has cookies and
// storage of its own. A test whose page asks another host for anything, breaks its own security policy, or has a
// script that fails is failed when it ends. Only tests import it.
//
// Without Chromium the tests are skipped, unless LATCHKEY_TEST_BROWSER is "required". What pages looked like is
// kept as images in the folder LATCHKEY_TEST_ARTIFACTS, if that is set.
package chromium

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds each step. It says nothing about speed: a busy machine may take as long.
const patience = time.Minute

// Need skips a test where there is no Chromium, or fails it where there has to be one.
func Need(t *testing.T) {
	t.Helper()
	if program() != "" {
		return
	}
	const missing = "there is no Chromium here (Debian: apt-get install chromium)"
	if os.Getenv("LATCHKEY_TEST_BROWSER") == "required" {
		t.Fatal(missing + ", and LATCHKEY_TEST_BROWSER=required")
	}
	t.Skip(missing)
}

// program returns the path of the browser, or "".
var program = sync.OnceValue(func() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
})

// end closes the one Chromium of all tests, if it was started.
var end = func() error { return nil }

// Close ends the browser. TestMain calls it when the tests are done.
func Close() error { return end() }

// running starts the browser, once.
var running = sync.OnceValues(func() (context.Context, error) {
	profile, err := os.MkdirTemp("", "latchkey-chromium-")
	if err != nil {
		return nil, err
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(program()), chromedp.UserDataDir(profile),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true), chromedp.Flag("no-proxy-server", true),
		// Each window has two pages for what is typed into its address bar, each a process.
		chromedp.Flag("disable-features", "Translate,BlinkGenPropertyTrees,WebUIOmniboxPopup,WebUIOmniboxFullPopup,WebUIOmniboxAimPopup,AiModeOmniboxEntryPoint"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // which it refuses to set up for root
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	end = func() error {
		err := chromedp.Cancel(ctx)
		cancel()
		stop()
		return errors.Join(err, os.RemoveAll(profile))
	}
	return ctx, chromedp.Do(ctx)
})
