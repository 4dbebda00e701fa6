package docs_test

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

// contract is the schema as its files have it.
type contract struct {
	*ast.Schema
	codes map[string]string // UserErrorCode: what each means
}

// readSchema reads the files of the schema, not what was made of them, so that the reference can be
// made before the rest.
func readSchema(t *testing.T) *contract {
	t.Helper()
	parts, err := filepath.Glob("graph/*.graphqls")
	if err != nil || len(parts) == 0 {
		t.Fatalf("the schema has no parts: %v", err)
	}
	var sources []*ast.Source
	for _, file := range append([]string{"schema.graphqls"}, parts...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, &ast.Source{Name: filepath.ToSlash(file), Input: string(text)})
	}
	schema, err := gqlparser.LoadSchema(sources...)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	for _, value := range schema.Types["UserErrorCode"].EnumValues {
		codes[value.Name] = value.Description
	}
	return &contract{schema, codes}
}

// operation is a root field.
type operation struct {
	*ast.FieldDefinition
	kind string // query, mutation or subscription
}

// operations are all root fields, in the order of the files.
func (c *contract) operations() []operation {
	var all []operation
	for _, root := range []*ast.Definition{c.Query, c.Mutation, c.Subscription} {
		if root == nil {
			continue
		}
		for _, field := range root.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				all = append(all, operation{field, strings.ToLower(root.Name)})
			}
		}
	}
	return all
}

// directive is an argument of a directive of a field, or its default.
func (c *contract) directive(field *ast.FieldDefinition, argument string) string {
	used := field.Directives.ForName("auth")
	if used == nil {
		return ""
	}
	if given := used.Arguments.ForName(argument); given != nil {
		return given.Value.Raw
	}
	if defined := c.Directives["auth"].Arguments.ForName(argument); defined != nil && defined.DefaultValue != nil {
		return defined.DefaultValue.Raw
	}
	return ""
}

// callers says in words who may call a field, and which errors of the request those words stand for.
func (c *contract) callers(field *ast.FieldDefinition) (who string, codes []string) {
	if field.Directives.ForName("public") != nil {
		return "anyone", nil
	}
	words, codes := []string{"a session"}, []string{"UNAUTHENTICATED"}
	if role := c.directive(field, "role"); role != "" && role != "USER" {
		words, codes = append(words, "with the role "+role+" or a higher one"), append(codes, "FORBIDDEN")
	}
	if c.directive(field, "verified") == "true" {
		words, codes = append(words, "with a confirmed address"), append(codes, "EMAIL_NOT_CONFIRMED")
	}
	if c.directive(field, "fresh") == "true" {
		words, codes = append(words, "that is [fresh](../concepts.md#freshness)"), append(codes, "REAUTHENTICATION_REQUIRED")
	}
	who = strings.Join(words, " ")
	if c.directive(field, "pending") == "true" {
		who += ", or the token of a [challenge](../concepts.md#challenges)"
	}
	return who, codes
}

var codeWord = regexp.MustCompile(`\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*\b`)

// codesOf are the codes that the descriptions of a field and of what it takes name, in their order.
func (c *contract) codesOf(field *ast.FieldDefinition) []string {
	_, codes := c.callers(field)
	descriptions := []string{field.Description}
	for _, argument := range field.Arguments {
		descriptions = append(descriptions, argument.Description)
		if input := c.Types[argument.Type.Name()]; input != nil && input.Kind == ast.InputObject {
			descriptions = append(descriptions, input.Description)
			for _, f := range input.Fields {
				descriptions = append(descriptions, f.Description)
			}
		}
	}
	for _, word := range codeWord.FindAllString(strings.Join(descriptions, "\n"), -1) {
		_, isProblem := c.codes[word]
		_, isRequest := requestCodes[word]
		if (isProblem || isRequest) && !slices.Contains(codes, word) {
			codes = append(codes, word)
		}
	}
	return codes
}

// named are the types that a reader meets in answers and inputs, but for those that belong to one
// operation and stand with it.
func (c *contract) named() []*ast.Definition {
	own := map[string]bool{"Query": true, "Mutation": true, "Subscription": true, "UserErrorCode": true}
	for _, op := range c.operations() {
		for _, argument := range op.Arguments {
			own[argument.Type.Name()] = true
		}
		own[op.Type.Name()] = own[op.Type.Name()] || strings.HasSuffix(op.Type.Name(), "Payload")
	}
	var types []*ast.Definition
	for _, definition := range c.Types {
		if !definition.BuiltIn && (!own[definition.Name] || isScalar(definition)) {
			types = append(types, definition)
		}
	}
	slices.SortFunc(types, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return types
}

func isScalar(definition *ast.Definition) bool {
	return definition.Kind == ast.Scalar || definition.Kind == ast.Enum && definition.Name != "UserErrorCode"
}

// cell makes a description the text of a cell.
func cell(description string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(description), " "), "|", `\|`)
}
