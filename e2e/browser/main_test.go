// Package browser tells the stories of the account pages by clicking: the binary, built and started as
// an operator would, a real SMTP server for its mail, and Chromium, driven from here.
package browser

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// binary is the program under test: the one that LATCHKEY_TEST_BINARY names, else built once.
var binary string

func TestMain(m *testing.M) { os.Exit(prepareAndRun(m)) }

func prepareAndRun(m *testing.M) int {
	temporary, err := os.MkdirTemp("", "latchkey-browser-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = errors.Join(chromium.Close(), os.RemoveAll(temporary)) }() // what is left is in the folder of temporary files
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
