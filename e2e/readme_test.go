package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// section returns what stands between two lines of README.md.
func section(t *testing.T, from, to string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(readme), from+"\n")
	text, _, ended := strings.Cut(after, to+"\n")
	if !found || !ended {
		t.Fatalf("README.md has no section between %q and %q", from, to)
	}
	return text
}

// TestTheFiveLinesOfTheReadme runs them as they are printed, but for the port and the folder of the data: twice, in a
// folder that has nothing to do with the server.
func TestTheFiveLinesOfTheReadme(t *testing.T) {
	for _, program := range []string{"bash", "curl", "grep"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing", program)
		}
	}
	lines := section(t, "<!-- the five lines: readme_test.go runs them -->", "<!-- the end of the five lines -->")
	lines = strings.TrimSuffix(strings.TrimPrefix(lines, "```sh\n"), "```\n")
	if n := strings.Count(lines, "\n"); n != 5 {
		t.Fatalf("there are %d lines", n)
	}
	const folder = "/tmp/latchkey"
	if start := section(t, "<!-- the start -->", "<!-- the end of the start -->"); !strings.Contains(start, "\nLATCHKEY_DATA_DIR="+folder+" latchkey") {
		t.Fatalf("the server is not started with the folder of the five lines: %s", start)
	}

	p := serve(t)
	lines = strings.NewReplacer("localhost:8080", strings.TrimPrefix(p.url, "http://"), folder, filepath.Join(p.command.Dir, "data")).Replace(lines)
	elsewhere := t.TempDir()
	for range 2 {
		command := exec.CommandContext(t.Context(), "bash", "-e", "-c", lines)
		command.Dir = elsewhere
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("the lines fail: %v\n%s", err, hideTokens(string(out)))
		}
		if !strings.Contains(string(out), `{"data":{"me":{"id":"`) || !strings.Contains(string(out), `"emailVerified":true,"name":"Ada","role":"USER"}}}`) ||
			strings.Count(string(out), `"errors":[]`) != 2 {
			t.Errorf("the lines print\n%s", hideTokens(string(out)))
		}
	}
}
