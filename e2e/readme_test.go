package e2e

import (
	"os"
	"os/exec"
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

// TestTheFiveLinesOfTheReadme runs them as they are printed, but for the port.
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

	p := serve(t)
	command := exec.CommandContext(t.Context(), "bash", "-e", "-c", strings.ReplaceAll(lines, "localhost:8080", strings.TrimPrefix(p.url, "http://")))
	command.Dir = p.command.Dir
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("the lines fail: %v\n%s", err, hideTokens(string(out)))
	}
	if !strings.Contains(string(out), `{"data":{"me":{"id":"`) || !strings.Contains(string(out), `"emailVerified":true,"name":"Ada","role":"USER"}}}`) {
		t.Errorf("the lines print\n%s", hideTokens(string(out)))
	}
}
