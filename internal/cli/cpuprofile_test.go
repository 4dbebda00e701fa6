package cli_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// importers lists the packages of the program that import a package, when it is built with the tag.
func importers(t *testing.T, of, tag string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags="+tag, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "../..")
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var found []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); slices.Contains(fields[1:], of) {
			found = append(found, fields[0])
		}
	}
	return found
}

// A profile is a way to look into a server of which the one that is shipped knows nothing.
func TestTheProgramAsItIsShippedTakesNoProfile(t *testing.T) {
	// It comes with the exporter of traces, which marks goroutines for those who do take profiles.
	marks := []string{"google.golang.org/grpc"}
	if got := importers(t, "runtime/pprof", ""); !slices.Equal(got, marks) {
		t.Errorf("runtime/pprof is imported by %v, want %v alone", got, marks)
	}
	if got := importers(t, "runtime/pprof", "latchkey_profile"); !slices.Contains(got, "github.com/latchkey-auth/latchkey/internal/cli") {
		t.Errorf("with the tag for the benchmark, runtime/pprof is imported by %v: the program does not take one, or this test sees nothing", got)
	}
	for _, tag := range []string{"", "latchkey_profile"} {
		if got := importers(t, "net/http/pprof", tag); len(got) > 0 {
			t.Errorf("net/http/pprof, which shows profiles to everybody, is imported by %v", got)
		}
	}
}
