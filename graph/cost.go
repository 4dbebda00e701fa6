package graph

import (
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// maxCost bounds the answer of a document: a field costs one, and what is asked of each of a page costs as often as the
// page has entries. All of a hundred users with twenty events each stays below it.
const maxCost = 50_000

// costOf returns what the fields of a selection cost, of an operation that is valid. It never overflows: a field is counted
// up to one more than the maximum.
func costOf(selections ast.SelectionSet, variables map[string]any) int {
	cost := 0
	for _, selection := range selections {
		switch s := selection.(type) {
		case *ast.Field:
			cost += 1 + min(pageSizeOf(s, variables)*costOf(s.SelectionSet, variables), maxCost)
		case *ast.InlineFragment:
			cost += costOf(s.SelectionSet, variables)
		case *ast.FragmentSpread:
			cost += costOf(s.Definition.SelectionSet, variables)
		}
	}
	return min(cost, maxCost+1)
}

// pageSizeOf returns how many entries a field asks for, and 1 for a field that has no pages. What cannot be asked for is
// refused by who answers the field.
func pageSizeOf(field *ast.Field, variables map[string]any) int {
	if field.Definition.Arguments.ForName("first") == nil {
		return 1
	}
	for _, name := range []string{"first", "last"} {
		argument := field.Arguments.ForName(name)
		if argument == nil {
			continue
		}
		value, err := argument.Value.Value(variables)
		if err != nil || value == nil {
			continue
		}
		if size, err := graphql.UnmarshalInt(value); err == nil {
			return min(max(size, 0), auth.PageSizeMax)
		}
	}
	return auth.PageSize
}
