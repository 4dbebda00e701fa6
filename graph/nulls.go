package graph

import "github.com/vektah/gqlparser/v2/ast"

// defaultNulls gives a variable that is null its own default if a place that uses it takes no null: a
// variable may stand in such a place because of its default (section 5.8.5 of the specification).
func defaultNulls(operation *ast.OperationDefinition, variables map[string]any) {
	for _, definition := range operation.VariableDefinitions {
		value, ok := variables[definition.Variable]
		if !ok || value != nil || definition.DefaultValue == nil || !needsValue(operation, definition.Variable) {
			continue
		}
		if value, err := definition.DefaultValue.Value(nil); err == nil {
			variables[definition.Variable] = value
		}
	}
}

// needsValue reports whether a variable stands in a place of a valid operation that takes no null.
func needsValue(operation *ast.OperationDefinition, variable string) bool {
	found := false
	look := func(value *ast.Value) {
		found = found || value.Kind == ast.Variable && value.Raw == variable && value.ExpectedType != nil && value.ExpectedType.NonNull
	}
	eachDirectiveValue(operation.Directives, look)
	eachValue(operation.SelectionSet, look)
	return found
}

// eachValue visits the values of a valid selection, each fragment where it is spread.
func eachValue(set ast.SelectionSet, visit func(*ast.Value)) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			eachArgumentValue(selection.Arguments, visit)
			eachDirectiveValue(selection.Directives, visit)
			eachValue(selection.SelectionSet, visit)
		case *ast.InlineFragment:
			eachDirectiveValue(selection.Directives, visit)
			eachValue(selection.SelectionSet, visit)
		case *ast.FragmentSpread:
			eachDirectiveValue(selection.Directives, visit)
			eachValue(selection.Definition.SelectionSet, visit)
		}
	}
}

func eachDirectiveValue(directives ast.DirectiveList, visit func(*ast.Value)) {
	for _, directive := range directives {
		eachArgumentValue(directive.Arguments, visit)
	}
}

func eachArgumentValue(arguments ast.ArgumentList, visit func(*ast.Value)) {
	for _, argument := range arguments {
		eachPart(argument.Value, visit)
	}
}

func eachPart(value *ast.Value, visit func(*ast.Value)) {
	visit(value)
	for _, child := range value.Children {
		eachPart(child.Value, visit)
	}
}
