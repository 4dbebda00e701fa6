// Package browser tells the stories of the account pages by clicking: the binary, built and started as
// an operator would, a real SMTP server for its mail, and Chromium, driven from here.
//
// Without Chromium the tests are skipped, unless LATCHKEY_TEST_BROWSER is "required". What was seen is
// kept as images in the folder LATCHKEY_TEST_ARTIFACTS, if that is set.
package browser

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	binary    string // the program under test: the one that LATCHKEY_TEST_BINARY names, else built once
	chromium  string // its path; empty: there is none
	artifacts string // the folder of the images
	temporary string // everything else, removed at the end
)

func TestMain(m *testing.M) { os.Exit(prepareAndRun(m)) }

func prepareAndRun(m *testing.M) int {
	var err error
	if temporary, err = os.MkdirTemp("", "latchkey-browser-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && chromium == "" {
			chromium = path
		}
	}
	if chromium == "" {
		return m.Run() // which skips, or fails
	}

	if artifacts = os.Getenv("LATCHKEY_TEST_ARTIFACTS"); artifacts == "" {
		artifacts = filepath.Join(temporary, "images")
	}
	if err := os.MkdirAll(artifacts, 0o750); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { closeChromium() }()
	if binary = os.Getenv("LATCHKEY_TEST_BINARY"); binary != "" {
		return m.Run()
	}
	binary = filepath.Join(temporary, "latchkey")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "../..") //nolint:noctx // before any test
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// closeChromium ends the one Chromium of all tests.
var closeChromium = func() {}

// running starts Chromium, once; each test has a profile of its own in it.
var running = sync.OnceValues(func() (context.Context, error) {
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(chromium),
		chromedp.UserDataDir(filepath.Join(temporary, "profile")),
		chromedp.Flag("headless", true), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-quic", true), chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
	)
	ctx, cancel := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	closeChromium = func() {
		_ = chromedp.Cancel(ctx) // it ends with the allocator in any case
		cancel()
		stop()
	}
	return ctx, chromedp.Do(ctx)
})

// needBrowser skips a test where there is no Chromium, or fails it where there has to be one.
func needBrowser(t *testing.T) context.Context {
	t.Helper()
	if chromium == "" {
		const missing = "there is no Chromium here (Debian: apt-get install chromium)"
		if os.Getenv("LATCHKEY_TEST_BROWSER") == "required" {
			t.Fatal(missing + ", and LATCHKEY_TEST_BROWSER=required")
		}
		t.Skip(missing)
	}
	ctx, err := running()
	if err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}
