package graph

import (
	goast "go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// schemaFiles are the files of the schema, from the root of the module.
func schemaFiles(t *testing.T) []string {
	t.Helper()
	parts, err := filepath.Glob("*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	files := []string{"schema.graphqls"}
	for _, part := range parts {
		files = append(files, "graph/"+part)
	}
	return files
}

func TestTheServedSchemaIsThatOfAllFiles(t *testing.T) {
	var sources []*ast.Source
	for _, file := range schemaFiles(t) {
		text, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(format(schema), SDL()); diff != "" {
		t.Errorf("the schema that is executed is not that of the files, run `go generate` (-files +executed):\n%s", diff)
	}
	if diff := cmp.Diff(SDL(), format(loadSchema(t, unchanged))); diff != "" {
		t.Errorf("the served schema changes when it is read and written again (-once +twice):\n%s", diff)
	}
}

// TestTheExamplesReadAllFilesOfTheSchema looks for the files among those of which the example in Go makes the one that
// genqlient reads.
func TestTheExamplesReadAllFilesOfTheSchema(t *testing.T) {
	const folder = "../examples/go"
	program, err := os.ReadFile(folder + "/generate.go")
	if err != nil {
		t.Fatal(err)
	}
	var read []string
	for _, pattern := range regexp.MustCompile(`"(\.\./[^"]*\.graphqls)"`).FindAllStringSubmatch(string(program), -1) {
		files, err := filepath.Glob(filepath.Join(folder, pattern[1]))
		if err != nil {
			t.Fatal(err)
		}
		read = append(read, files...)
	}
	for _, file := range schemaFiles(t) {
		if !slices.Contains(read, filepath.Join("..", file)) {
			t.Errorf("examples/go/generate.go reads %q, want %s among them", read, file)
		}
	}
}

// TestSecretsDoNotPrint looks at the Go types of the schema: what is called a secret has the type of one.
func TestSecretsDoNotPrint(t *testing.T) {
	parsed, err := parser.ParseFile(token.NewFileSet(), "model/models_gen.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	secrets := 0
	goast.Inspect(parsed, func(node goast.Node) bool {
		field, ok := node.(*goast.Field)
		if !ok || len(field.Names) == 0 {
			return true
		}
		name, typ := field.Names[0].Name, types.ExprString(field.Type)
		if !regexp.MustCompile("Password|Token$|Code$").MatchString(name) || name == "HasPassword" {
			return true
		}
		if typ != "secret.Text" && typ != "*secret.Text" {
			t.Errorf("%s has the type %s, want secret.Text: see gqlgen.yml", name, typ)
		}
		secrets++
		return true
	})
	if secrets < 15 {
		t.Errorf("%d secrets were found, want 15 or more", secrets)
	}
}
