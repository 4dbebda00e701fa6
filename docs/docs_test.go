package docs_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/provider"
)

// graphqlBlock is a document in a text for readers, and the variables in the block right after it, if
// there is one.
var graphqlBlock = regexp.MustCompile("(?s)```graphql\n(.*?)```\n(?:\n```json\n(.*?)```\n)?")

// settingName is what looks like a variable of ours; neither docs/ nor README.md may invent one.
var settingName = regexp.MustCompile(`LATCHKEY_[A-Z0-9_]+`)

// TestDocumentsInDocsFitTheSchema validates what readers are going to paste: each document in a text for readers, and
// its variables.
func TestDocumentsInDocsFitTheSchema(t *testing.T) {
	schema := loadSchema(t)
	for name, text := range forReaders(t) {
		blocks := graphqlBlock.FindAllStringSubmatch(text, -1)
		if len(blocks) != strings.Count(text, "```graphql") {
			t.Errorf("%s has a block of GraphQL that does not end, or begins with blanks", name)
		}
		for _, block := range blocks {
			checkDocument(t, schema, name, block[1], block[2])
		}
	}
}

// loadSchema returns the contract.
func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestThePlaygroundFitsTheSchema validates its prepared operations, and their variables.
func TestThePlaygroundFitsTheSchema(t *testing.T) {
	schema := loadSchema(t)
	files, err := filepath.Glob("web/playground/operations/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no operations: %v", err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		variables, err := os.ReadFile(strings.TrimSuffix(file, "graphql") + "json")
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		checkDocument(t, schema, file, string(document), string(variables))
	}
}

// checkDocument validates a document against the schema, and its variables (JSON, or nothing) against
// the document. A document with several operations is a list to choose from, without variables.
func checkDocument(t *testing.T, schema *ast.Schema, name, document, variables string) {
	t.Helper()
	query, faults := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
	if len(faults) > 0 {
		t.Errorf("%s: %v in\n%s", name, faults, document)
		return
	}
	if variables == "" && len(query.Operations) > 1 {
		return
	}
	values := map[string]any{}
	if variables != "" {
		if err := json.Unmarshal([]byte(variables), &values); err != nil {
			t.Errorf("%s: %v in\n%s", name, err, variables)
			return
		}
	}

	for _, operation := range query.Operations {
		if _, err := validator.VariableValues(schema, operation, values); err != nil {
			t.Errorf("%s: %v in\n%s%s", name, err, document, variables)
		}
		for value := range values {
			if operation.VariableDefinitions.ForName(value) == nil {
				t.Errorf("%s: no variable is called %q in\n%s", name, value, document)
			}
		}
	}
}

// TestSettingsInDocsExist compares each name of a setting with the table of the code.
func TestSettingsInDocsExist(t *testing.T) {
	known := map[string]bool{}
	for _, name := range settingName.FindAllString(config.Table(), -1) {
		known[name] = true
	}
	texts := docs(t)
	texts["README.md"] = readPage(t, "README.md")
	for name, text := range texts {
		for _, setting := range settingName.FindAllString(text, -1) {
			if !known[setting] && !provider.IsVariable(strings.TrimSuffix(setting, "_FILE")) {
				t.Errorf("%s names %s, which is no setting", name, setting)
			}
		}
	}
}

// TestTheDocsHaveEveryLimit compares the table of limits with the code.
func TestTheDocsHaveEveryLimit(t *testing.T) {
	var want []string
	for _, limit := range auth.LimitSpecs() {
		want = append(want, fmt.Sprintf("| `%s` | `%s` | %s |", limit.Limit, strings.Join(limit.Defaults(), "`, `"), limit.Counts))
	}
	if diff := cmp.Diff(want, rowsOf(t, "Limits")); diff != "" {
		t.Errorf("the table of limits in docs/operations.md (-want +got):\n%s", diff)
	}
}

// rowsOf returns the rows of the table in a section of docs/operations.md, those that begin with code.
func rowsOf(t *testing.T, heading string) []string {
	t.Helper()
	return rowsIn(t, "docs/operations.md", heading)
}

// rowsIn is rowsOf for another page.
func rowsIn(t *testing.T, page, heading string) []string {
	t.Helper()
	_, section, _ := strings.Cut(docs(t)[page], "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []string
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	return rows
}

// TestTheDocsHaveEveryAct compares the table of acts with the code.
func TestTheDocsHaveEveryAct(t *testing.T) {
	var want []string
	for _, act := range auth.Acts() {
		want = append(want, fmt.Sprintf("| `%s` | %s | `%s` |", act.Act, act.Meaning, strings.Join(act.Outcomes, "`, `")))
	}
	if diff := cmp.Diff(want, rowsOf(t, "Audit trail")); diff != "" {
		t.Errorf("the table of acts in docs/operations.md (-want +got):\n%s", diff)
	}
}

// TestTheDocsHaveEveryEvent compares the table of events with the code.
func TestTheDocsHaveEveryEvent(t *testing.T) {
	var want []string
	for _, event := range auth.Events() {
		data := "`userId`"
		if event.OfSession {
			data += ", `sessionId`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", event.Kind, event.Meaning, data))
	}
	if diff := cmp.Diff(want, rowsIn(t, "docs/webhooks.md", "Types")); diff != "" {
		t.Errorf("the table of events in docs/webhooks.md (-want +got):\n%s", diff)
	}
}

// docs returns the texts in docs/ and its folders by name.
func docs(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir("docs", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".md" {
			return err
		}
		text, err := os.ReadFile(name)
		texts[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(texts) == 0 {
		t.Fatal("docs/ is empty")
	}
	return texts
}
