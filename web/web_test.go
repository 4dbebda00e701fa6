package web_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/latchkey-auth/latchkey/graph"
)

// pageDocument is a document in the script of the pages.
var pageDocument = regexp.MustCompile("/\\* GraphQL \\*/ `([^`]*)`")

func loadSchema(t *testing.T) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestTheScriptOfThePagesFitsTheSchema validates what the pages ask of the API.
func TestTheScriptOfThePagesFitsTheSchema(t *testing.T) {
	schema := loadSchema(t)
	for _, bundle := range []string{"account", "admin"} {
		source, err := os.ReadFile(bundle + "/src/operations.ts")
		if err != nil {
			t.Fatal(err)
		}
		built, err := os.ReadFile(bundle + ".js")
		if err != nil {
			t.Fatal(err)
		}

		documents := pageDocument.FindAllStringSubmatch(string(source), -1)
		if len(documents) < 10 {
			t.Fatalf("only %d documents were found in %s", len(documents), bundle)
		}
		for _, document := range documents {
			if _, faults := gqlparser.LoadQueryWithRules(schema, document[1], rules.NewDefaultRules()); len(faults) > 0 {
				t.Errorf("%s/src/operations.ts: %v in\n%s", bundle, faults, document[1])
			}
			if !strings.Contains(string(built), document[1]) {
				t.Errorf("web/%s.js lacks a document of its source, build it: %s", bundle, document[1])
			}
		}
	}
}

// TestEveryProblemCanBeSaidInOwnWords holds the texts of the pages to the codes of the schema.
func TestEveryProblemCanBeSaidInOwnWords(t *testing.T) {
	schema := loadSchema(t)
	source, err := os.ReadFile("texts.json")
	if err != nil {
		t.Fatal(err)
	}
	var texts map[string]string
	if err := json.Unmarshal(source, &texts); err != nil {
		t.Fatal(err)
	}

	codes := map[string]bool{}
	for _, value := range schema.Types["UserErrorCode"].EnumValues {
		codes["error."+value.Name] = true
		if _, there := texts["error."+value.Name]; !there {
			t.Errorf("web/texts.json has no error.%s", value.Name)
		}
	}
	for key := range texts {
		if strings.HasPrefix(key, "error.") && !codes[key] {
			t.Errorf("web/texts.json has %s, which is no code of the schema", key)
		}
	}
}
