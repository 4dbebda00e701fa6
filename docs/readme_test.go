package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/web"
)

const (
	settingsBegin = "<!-- settings: written by config.Table, compared by docs/readme_test.go -->\n"
	settingsEnd   = "<!-- the end of the settings -->\n"
)

// TestTheReadmeHasEverySetting compares the table of the README with the code. With
// LATCHKEY_TEST_UPDATE=readme it writes the table instead.
func TestTheReadmeHasEverySetting(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begun := strings.Cut(string(readme), settingsBegin)
	table, after, ended := strings.Cut(rest, settingsEnd)
	if !begun || !ended {
		t.Fatal("README.md has lost the marks around its settings")
	}
	if table == config.Table() {
		return
	}
	if os.Getenv("LATCHKEY_TEST_UPDATE") != "readme" {
		t.Fatal("the settings in README.md are not those of the code: run LATCHKEY_TEST_UPDATE=readme go test -run Readme ./docs")
	}
	if err := os.WriteFile("README.md", []byte(before+settingsBegin+config.Table()+settingsEnd+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTheFrontDoorHasTheFiveLines compares the lines of the README with those that development shows.
func TestTheFrontDoorHasTheFiveLines(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- the five lines: readme_test.go runs them -->\n```sh\n")
	lines, _, ended := strings.Cut(rest, "```\n")
	if !ended || lines != web.FirstSteps {
		t.Error("the lines in web/developer/five-lines.sh are not those of README.md: copy them")
	}
}

// TestEveryDependencyHasItsReason holds CONTRIBUTING.md to go.mod.
func TestEveryDependencyHasItsReason(t *testing.T) {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	contributing, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		module, version, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(line, "\t") || !ok || strings.Contains(line, "// indirect") {
			continue
		}
		if !strings.Contains(string(contributing), "| "+module+" | "+version+" | ") {
			t.Errorf("CONTRIBUTING.md has no line for %s %s", module, version)
		}
	}
}
