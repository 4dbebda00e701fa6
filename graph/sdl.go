package graph

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/latchkey-auth/latchkey/graph/generated"
)

// frontPage is the file of the schema that readers begin with.
const frontPage = "schema.graphqls"

// SDL returns the schema that is executed, as text: all its files as one, each type whole, in the order in
// which the files define them.
func SDL() string {
	return format(generated.NewExecutableSchema(generated.Config{}).Schema())
}

func format(schema *ast.Schema) string {
	var document ast.SchemaDocument
	for _, directive := range schema.Directives {
		if !directive.Position.Src.BuiltIn {
			document.Directives = append(document.Directives, directive)
		}
	}
	for _, definition := range schema.Types {
		if !definition.BuiltIn {
			document.Definitions = append(document.Definitions, definition)
		}
	}
	slices.SortFunc(document.Directives, func(a, b *ast.DirectiveDefinition) int { return inOrder(a.Position, b.Position) })
	slices.SortFunc(document.Definitions, func(a, b *ast.Definition) int { return inOrder(a.Position, b.Position) })

	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchemaDocument(&document)
	return text.String()
}

// inOrder compares two places in the files of the schema. schema.graphqls comes first.
func inOrder(a, b *ast.Position) int {
	fileA, fileB := path.Base(a.Src.Name), path.Base(b.Src.Name)
	switch {
	case fileA == fileB:
		return cmp.Compare(a.Start, b.Start)
	case fileA == frontPage:
		return -1
	case fileB == frontPage:
		return 1
	default:
		return cmp.Compare(fileA, fileB)
	}
}
