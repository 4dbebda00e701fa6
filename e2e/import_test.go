package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUsersMoveBetweenDatabases exports users who were imported, and moves them on, by the commands of an operator.
func TestUsersMoveBetweenDatabases(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file, report := filepath.Join(folder, "users.ndjson"), filepath.Join(folder, "report.ndjson")
	text := `{"externalId":"1","email":"` + email + `","emailVerified":true}
{"email":"broken"}
{"externalId":"2","email":"bob@example.com"`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			settings := database(t)
			run := func(want string, args ...string) string {
				t.Helper()
				out, errs, ok := latchkey(t, "", settings, append([]string{"user"}, args...)...)
				if !ok || !strings.Contains(out, want) {
					t.Fatalf("%s: succeeded %v, printed %q, want %q in it; errors: %s", strings.Join(args, " "), ok, out, want, errs)
				}
				return out
			}
			run("dry run: nothing was written", "import", file, "--dry-run")
			run("3 rows: 1 created, 0 updated, 0 unchanged, 0 skipped, 2 refused", "import", file, "--report", report)
			run("3 rows: 0 created, 0 updated, 1 unchanged, 0 skipped, 2 refused", "import", file)
			exported := run(email, "export")
			if !strings.Contains(exported, `"externalId":"1"`) || strings.Count(exported, "\n") != 1 {
				t.Errorf("got the export %q, want one user", exported)
			}
			lines, err := os.ReadFile(report)
			if err != nil || strings.Count(string(lines), "\n") != 2 || !strings.Contains(string(lines), `"line":3`) || strings.Contains(string(lines), "broken") {
				t.Errorf("got the report %s (%v), want lines 2 and 3, and nothing of the rows", lines, err)
			}
		})
	}
}
