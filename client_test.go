package main_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// TestTheClientFitsTheSchema finds a schema that was changed without its client, where there is no npm too: each
// operation, each field that is asked for, each field of an input and each value of an enum is in what
// clients/typescript/generate.mjs writes. What needs a role is not: it is for those who administer others.
func TestTheClientFitsTheSchema(t *testing.T) {
	generated, err := os.ReadFile("clients/typescript/src/generated.ts")
	if err != nil {
		t.Fatal(err)
	}
	text := string(generated)
	wanted := func(part, what string) {
		if !strings.Contains(text, part) {
			t.Errorf("clients/typescript lacks %s: run 'make client', and commit what it changes", what)
		}
	}

	schema := readSchema(t)
	roots := []*ast.Definition{schema.Query, schema.Mutation}
	used := map[string]bool{}
	for _, root := range roots {
		for _, field := range root.Fields {
			row := "\n  " + field.Name + `: ["` + strings.ToLower(root.Name) + `", "`
			switch {
			case strings.HasPrefix(field.Name, "__"):
			case needsRole(field):
				if strings.Contains(text, row) {
					t.Errorf("clients/typescript has the operation %s, which needs a role: run 'make client', and commit what it changes", field.Name)
				}
			default:
				wanted(row, "the operation "+field.Name)
				use(schema, used, field)
			}
		}
	}
	for _, definition := range schema.Types {
		if !used[definition.Name] || definition.BuiltIn || slices.Contains(roots, definition) || definition == schema.Subscription {
			continue
		}
		switch definition.Kind {
		case ast.Object:
			wanted("const "+constant(definition.Name)+" = `"+selection(schema, definition)+"`;\n", "fields of "+definition.Name)
		case ast.InputObject:
			_, fields, _ := strings.Cut(text, "export interface "+definition.Name+" {\n")
			fields, _, _ = strings.Cut(fields, "\n}\n")
			for _, field := range definition.Fields {
				if field.Name != "delivery" && !strings.Contains(fields, "\n  "+field.Name+":") && !strings.Contains(fields, "  "+field.Name+"?:") {
					t.Errorf("clients/typescript lacks %s.%s: run 'make client', and commit what it changes", definition.Name, field.Name)
				}
			}
		case ast.Enum:
			for _, value := range definition.EnumValues {
				wanted(`  | "`+value.Name+`"`, definition.Name+"."+value.Name)
			}
		case ast.Interface, ast.Union:
			t.Errorf("%s is no type of fields, and clients/typescript/generate.mjs asks for fields only: teach it fragments", definition.Name)
		case ast.Scalar: // it is in the fields that have it
		}
	}
}

// needsRole reports whether a field is for those who administer others.
func needsRole(field *ast.FieldDefinition) bool {
	auth := field.Directives.ForName("auth")
	return auth != nil && auth.Arguments.ForName("role") != nil
}

// use notes the types that a field takes and answers, with those in them.
func use(schema *ast.Schema, used map[string]bool, field *ast.FieldDefinition) {
	names := []string{field.Type.Name()}
	for _, argument := range field.Arguments {
		names = append(names, argument.Type.Name())
	}
	for _, name := range names {
		if used[name] {
			continue
		}
		used[name] = true
		for _, inner := range schema.Types[name].Fields {
			use(schema, used, inner)
		}
	}
}

// readSchema reads the whole contract from its files, as the generator does.
func readSchema(t *testing.T) *ast.Schema {
	t.Helper()
	files, err := filepath.Glob("graph/*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	var sources []*ast.Source
	for _, file := range append([]string{"schema.graphqls"}, files...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: file, Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// constant is how the client calls the fields of a type.
func constant(name string) string { return strings.ToLower(name[:1]) + name[1:] + "Fields" }

// selection is how the client asks for all of a type.
func selection(schema *ast.Schema, definition *ast.Definition) string {
	var words []string
	for _, field := range definition.Fields {
		word := field.Name
		if name := field.Type.Name(); schema.Types[name].Kind == ast.Object {
			word += "{${" + constant(name) + "}}"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}
