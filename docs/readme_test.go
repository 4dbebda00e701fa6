package docs_test

import (
	"os"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/web"
)

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

// TestTheReadmeHasTheTenLines compares the page of the README with the example, which is run.
func TestTheReadmeHasTheTenLines(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("examples/html/index.html")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n```html\n"+string(page)+"```\n") {
		t.Error("README.md does not have the page of examples/html: copy it")
	}
}

// TestEveryDependencyHasItsReason holds CONTRIBUTING.md to go.mod.
func TestEveryDependencyHasItsReason(t *testing.T) {
	contributing, err := os.ReadFile("CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"go.mod", "examples/go/go.mod"} {
		for module, required := range requirements(t, file) {
			if !required.indirect && !strings.Contains(string(contributing), "| "+module+" | "+required.version+" | ") {
				t.Errorf("CONTRIBUTING.md has no line for %s %s, which %s requires", module, required.version, file)
			}
		}
	}
}

// TestToolsAndExamplesHaveTheVersionsOfTheProgram compares the modules beside the main one with it: gqlgen
// writes code for the version of itself that the program has.
func TestToolsAndExamplesHaveTheVersionsOfTheProgram(t *testing.T) {
	program := requirements(t, "go.mod")
	for _, file := range []string{"internal/tools/go.mod", "examples/go/go.mod"} {
		shared := 0
		for module, required := range requirements(t, file) {
			want, both := program[module]
			if !both {
				continue
			}
			shared++
			if required.version != want.version {
				t.Errorf("%s requires %s: got %s, want %s as in go.mod", file, module, required.version, want.version)
			}
		}
		if shared == 0 {
			t.Errorf("%s shares no module with go.mod, so nothing was compared", file)
		}
	}
}

// moduleVersion is a version that a go.mod names.
type moduleVersion struct {
	version  string
	indirect bool
}

// requirements returns what a go.mod requires, by module.
func requirements(t *testing.T, file string) map[string]moduleVersion {
	t.Helper()
	mod, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]moduleVersion{}
	for line := range strings.Lines(string(mod)) {
		words := strings.Fields(strings.TrimPrefix(line, "require "))
		if len(words) >= 2 && strings.HasPrefix(words[1], "v") {
			found[words[0]] = moduleVersion{version: words[1], indirect: strings.Contains(line, "// indirect")}
		}
	}
	return found
}
