package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/graph"
)

// literals are the kinds of literals that a document may hold, and jsons those of values that a variable may have.
var (
	literals = []string{`{}`, `{a: 1}`, `{a: {}}`, `[]`, `[{}]`, `[[]]`, `[null]`, `["a"]`, `[COOKIE]`, `null`, `true`, `0`, `-1`, `99999999999999999999`, `1e999`, `1.5`, `""`, `"a"`, `"""a"""`, `A`, `COOKIE`, `$v`, `{a: $v}`, `[$v]`}
	jsons    = []string{`{}`, `{"a": 1}`, `{"__typename": "x"}`, `[]`, `[{}]`, `[[]]`, `[null]`, `["a"]`, `null`, `true`, `0`, `-1`, `99999999999999999999`, `1e999`, `1.5`, `""`, `"a"`, `"COOKIE"`}
)

// TestNoDocumentIsAnInternalError puts every kind of literal in every place of the schema that takes a value, and
// every kind of JSON into a variable of the type of that place.
func TestNoDocumentIsAnInternalError(t *testing.T) {
	url, _, log := endpoint(t, graph.Options{Introspection: true})
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphql", Input: graph.SDL()})
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	check := func(document, variables string) {
		sent++
		if got := ask(t, url, document, variables); strings.Contains(got, "INTERNAL") {
			t.Errorf("%s with %s: got %.200s, want no INTERNAL", document, variables, got)
		}
	}
	places := 0
	place := func(typ *ast.Type, document func(value string) string) {
		places++
		for _, literal := range literals {
			check(withVariable(document(literal), "String"), `{"v": "a"}`)
			check(withVariable(document(literal), "Boolean = true"), `{"v": null}`)
		}
		for _, value := range jsons {
			check(withVariable(document("$v"), typ.String()), `{"v": `+value+`}`)
			check(withVariable(document("$v"), strings.TrimSuffix(typ.String(), "!")), `{"v": `+value+`}`)
		}
	}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation} {
		kind := strings.ToLower(root.Name)
		for _, field := range root.Fields {
			for _, argument := range field.Arguments {
				eachPlace(schema, argument.Type, argument.Name, func(typ *ast.Type, argument func(value string) string) {
					place(typ, func(value string) string {
						return fmt.Sprintf("%s { %s(%s) %s }", kind, field.Name, argument(value), selection(schema, field.Type))
					})
				})
			}
		}
	}
	for _, directive := range []string{"include", "skip"} {
		where := []string{"query { __typename @%s(if: %s) }", "query { ... @%s(if: %s) { __typename } }", "query { authConfig { registration @%s(if: %s) } }"}
		for _, document := range where {
			place(ast.NonNullNamedType("Boolean", nil), func(value string) string { return fmt.Sprintf(document, directive, value) })
		}
	}
	if places < 50 || strings.Contains(log.String(), "panic") {
		t.Errorf("got %d places and the log %.2000s, want 50 or more and no panic", places, log.String())
	}
	t.Logf("%d documents", sent)
}

// withVariable declares $v where a document uses it.
func withVariable(document, typ string) string {
	if !strings.Contains(document, "$v") {
		return document
	}
	kind, rest, _ := strings.Cut(document, " ")
	return kind + " ($v: " + typ + ") " + rest
}

// eachPlace calls visit for an argument or a field of an input, and for each field within it, the others being right.
func eachPlace(schema *ast.Schema, typ *ast.Type, name string, visit func(*ast.Type, func(value string) string)) {
	visit(typ, func(value string) string { return name + ": " + value })
	input := schema.Types[typ.Name()]
	if input.Kind != ast.InputObject {
		return
	}
	for _, field := range input.Fields {
		eachPlace(schema, field.Type, field.Name, func(inner *ast.Type, write func(value string) string) {
			visit(inner, func(value string) string {
				members := []string{write(value)}
				for _, other := range input.Fields {
					if other != field && other.Type.NonNull && other.DefaultValue == nil {
						members = append(members, other.Name+`: "a"`)
					}
				}
				return name + ": {" + strings.Join(members, ", ") + "}"
			})
		})
	}
}

// selection selects the name of a type, if it has fields.
func selection(schema *ast.Schema, typ *ast.Type) string {
	if schema.Types[typ.Name()].IsCompositeType() {
		return "{ __typename }"
	}
	return ""
}
