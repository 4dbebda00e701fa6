package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/latchkey-auth/latchkey/internal/config"
)

// graphqlBlock is a document in a text for readers, and the variables in the block right after it, if
// there is one.
var graphqlBlock = regexp.MustCompile("(?s)```graphql\n(.*?)```\n(?:\n```json\n(.*?)```\n)?")

// settingName is what looks like a variable of ours; docs/ must not invent one.
var settingName = regexp.MustCompile(`LATCHKEY_[A-Z0-9_]+`)

// TestDocumentsInDocsFitTheSchema validates what readers are going to paste: each document in docs/, and
// its variables.
func TestDocumentsInDocsFitTheSchema(t *testing.T) {
	schema := loadSchema(t)
	for name, text := range docs(t) {
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
	sdl, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(sdl)})
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
// the document.
func checkDocument(t *testing.T, schema *ast.Schema, name, document, variables string) {
	t.Helper()
	query, faults := gqlparser.LoadQueryWithRules(schema, document, rules.NewDefaultRules())
	if len(faults) > 0 {
		t.Errorf("%s: %v in\n%s", name, faults, document)
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
	for name, text := range docs(t) {
		for _, setting := range settingName.FindAllString(text, -1) {
			if !known[setting] {
				t.Errorf("%s names %s, which is no setting", name, setting)
			}
		}
	}
}

// docs returns the texts in docs/ by name.
func docs(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(names) == 0 {
		t.Fatal("docs/ is empty")
	}
	texts := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}
