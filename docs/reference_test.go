package docs_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// update has the pages that are made from the code written instead of compared.
var update = flag.Bool("update", false, "write the pages that are made from the code")

// madeFromCode stands in each page that is.
const madeFromCode = "<!-- Made from the code by `go generate ./...`. To change it, change what it describes. -->\n\n"

// TestTheReferenceIsMadeFromTheCode compares the pages in docs/reference with the schema, the settings
// and the commands that they describe. With -update it writes them.
func TestTheReferenceIsMadeFromTheCode(t *testing.T) {
	schema := readSchema(t)
	for name, page := range map[string]string{
		"api.md":      apiPage(schema),
		"errors.md":   errorsPage(t, schema),
		"settings.md": settingsPage(),
		"commands.md": commandsPage(t),
	} {
		file := filepath.Join("docs/reference", name)
		title, rest, _ := strings.Cut(page, "\n\n")
		want := title + "\n\n" + madeFromCode + rest
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s is not what the code says: run `go generate ./...` (-want +got):\n%s", file, diff)
		}
	}
}

func settingsPage() string {
	return `# Settings

Each is an environment variable and a flag of every command. Flags win, but anyone on the machine can list them, so pass secrets as variables or files. A variable with ` + "`_FILE`" + ` at
its end names a file that has the value: ` + "`DATABASE_URL_FILE=/run/secrets/database`" + `. Quotes around a value are taken off. An unknown ` + "`LATCHKEY_…`" + ` variable is warned about and ignored.

` + "`latchkey config`" + ` prints the settings in force with secrets masked, and [` + "`latchkey doctor`" + `](../troubleshooting.md) says what is wrong with them.

OpenTelemetry has [its own variables](../operations.md#traces), and each [provider](../providers.md) has variables with its name.

` + config.Table()
}
