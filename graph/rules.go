package graph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// The names of our own rules, by which errors are presented.
const (
	ruleKinds = "LiteralsOfCorrectKind"
	ruleMerge = "ArgumentsOfMergedFields"
)

// validationRules are the parser's, with what they overlook, and without suggestions unless those are wanted:
// a suggestion tells names of a schema that may not be asked for.
func validationRules(suggest bool) *rules.Rules {
	all := rules.NewDefaultRules()
	if !suggest {
		for name, rule := range map[string]core.Rule{
			rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
			rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
			rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
			rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
			rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			all.RemoveRule(name)
			all.AddRule(rule.Name, rule.RuleFunc)
		}
	}
	all.AddRule(ruleKinds, checkKinds)
	all.AddRule(ruleMerge, checkMerges)
	return all
}

// checkKinds refuses objects and lists where another type belongs. The parser's rule lets an empty object pass for
// anything, since it looks at its members only.
func checkKinds(observers *core.Events, addError core.AddErrFunc) {
	observers.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Definition == nil || value.ExpectedType == nil {
			return
		}
		fits := value.Definition.Kind == ast.Scalar && !value.Definition.BuiltIn // which judges by itself
		switch value.Kind {
		case ast.ListValue:
			fits = fits || value.ExpectedType.Elem != nil
		case ast.ObjectValue:
			fits = fits || value.Definition.Kind == ast.InputObject
		default:
			fits = true // the parser's rule compares it
		}
		if !fits {
			addError(core.Message("a value of another kind"), core.At(value.Position))
		}
	})
}

// checkMerges refuses fields of one response name whose arguments differ (Field Selection Merging, section
// 5.3.2): they would be merged, and all but the first would not be executed. The parser's rule does not
// compare the members of objects and lists.
func checkMerges(observers *core.Events, addError core.AddErrFunc) {
	observers.OnOperation(func(walker *core.Walker, operation *ast.OperationDefinition) {
		m := merging{fragments: walker.Document.Fragments}
		if conflict := m.conflict([]ast.SelectionSet{operation.SelectionSet}); conflict != nil {
			addError(core.Message("fields with different arguments"), core.At(conflict.Position))
		}
	})
}

// merging looks for fields that cannot be merged. The document has no cycle: guard has seen it.
type merging struct {
	fragments ast.FragmentDefinitionList
}

// conflict returns a field whose arguments differ from those of another one that is merged with it, in
// selections that are merged; nil: there is none.
func (m merging) conflict(sets []ast.SelectionSet) *ast.Field {
	groups := map[string][]*ast.Field{}
	for _, set := range sets {
		m.collect(groups, set)
	}
	for _, fields := range groups {
		var below []ast.SelectionSet
		for _, field := range fields {
			if len(field.SelectionSet) > 0 {
				below = append(below, field.SelectionSet)
			}
			if field.Name == fields[0].Name && !sameArguments(field.Arguments, fields[0].Arguments) {
				return field
			}
		}
		if conflict := m.conflict(below); conflict != nil {
			return conflict
		}
	}
	return nil
}

// collect groups the fields of a selection by the names that they have in the answer.
func (m merging) collect(groups map[string][]*ast.Field, set ast.SelectionSet) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			groups[selection.Alias] = append(groups[selection.Alias], selection)
		case *ast.InlineFragment:
			m.collect(groups, selection.SelectionSet)
		case *ast.FragmentSpread:
			if fragment := m.fragments.ForName(selection.Name); fragment != nil {
				m.collect(groups, fragment.SelectionSet)
			}
		}
	}
}

func sameArguments(a, b ast.ArgumentList) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(argument *ast.Argument) bool {
		other := b.ForName(argument.Name)
		return other == nil || !sameValue(argument.Value, other.Value)
	})
}

// sameValue compares two values as they are written. The members of an object have no order.
func sameValue(a, b *ast.Value) bool {
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	for i, child := range a.Children {
		other := b.Children[i].Value
		if a.Kind == ast.ObjectValue {
			other = b.Children.ForName(child.Name)
		}
		if other == nil || !sameValue(child.Value, other) {
			return false
		}
	}
	return true
}
