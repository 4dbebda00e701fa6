package docs_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/cli"
)

// commandLine is a line of the list of commands that begins with a name.
var commandLine = regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)*)(?:  .*)?$`)

// helpFlag is the line of --help itself, which every command has.
var helpFlag = regexp.MustCompile(`  -h, --help +Show context-sensitive help\.\n\n?`)

// commandsPage has the help of each command, as the program prints it, without the settings.
func commandsPage(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Commands\n\nThe help of the program, as it prints it. `latchkey` alone is the server. Every command takes [the settings](settings.md) too, as variables or flags, and has to have those of the server.\n")
	whole := help(t)
	_, list, found := strings.Cut(whole, "\nCommands:\n")
	if !found {
		t.Fatalf("the help has no list of commands:\n%s", whole)
	}
	for _, line := range commandLine.FindAllStringSubmatch(list, -1) {
		name := line[1]
		own, _, cut := strings.Cut(help(t, strings.Fields(name)...), "\nWhere it runs:\n")
		if !cut {
			t.Errorf("the help of %s does not end with the settings", name)
		}
		own = helpFlag.ReplaceAllString(own, "")
		own = strings.TrimSuffix(strings.TrimSpace(own), "\n\nFlags:")
		fmt.Fprintf(&b, "\n## latchkey %s\n\n```text\n%s\n```\n", name, own)
	}
	return b.String()
}

// help returns what a command prints with --help.
func help(t *testing.T, command ...string) string {
	t.Helper()
	var out bytes.Buffer
	nothing := func(string) string { return "" }
	if err := cli.Run(t.Context(), app.Env{Args: append(command, "--help"), Getenv: nothing, Stdout: &out, Stderr: &out}); err != nil {
		t.Fatalf("%v: %v", command, err)
	}
	return out.String()
}
