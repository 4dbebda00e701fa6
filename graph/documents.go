package graph

import (
	"container/list"
	"context"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
)

// What is kept of documents. In memory a parsed one takes up to 80 times its text, so this is 10 MB at
// the very most, and some 100 kB for an ordinary frontend.
const (
	keptDocuments   = 128 << 10 // bytes of text, and of the bodies in which it came, together
	longestKept     = 8 << 10   // bytes of text of one
	longestBody     = 16 << 10  // bytes of a body in which it came
	documentPadding = 128       // counted for each beside its text, so that there are not too many small ones
)

// documents keeps those that were found to be valid and within bounds, so that a frontend, which sends the
// same ones all the time, has them parsed and validated once: for a small query that is a third of
// the work. What was not used for longest goes first.
//
// A document with a value in it that a user may have typed is not kept: a string, a number, or whatever stands
// in the place of a scalar, such as a profile. That belongs into variables; where it is written into the
// document instead, each is another one, and some hold passwords. Comments, aliases and names of operations
// and variables are the developer's, and are kept.
type documents struct {
	mu     sync.Mutex
	byText map[string]*list.Element
	byBody map[string]*list.Element // the same, by the body of a request that said nothing else
	recent *list.List               // of *keptDocument, the last used in front
	size   int
}

type keptDocument struct {
	text   string
	parsed *ast.QueryDocument

	body          string // in which it came last, as it is in JSON; empty: none that is kept
	operationName string // there
}

func newDocuments() *documents {
	return &documents{byText: map[string]*list.Element{}, byBody: map[string]*list.Element{}, recent: list.New()}
}

// Get implements graphql.Cache.
func (d *documents) Get(_ context.Context, text string) (*ast.QueryDocument, bool) {
	if len(text) > longestKept {
		return nil, false // hashing it would keep all others waiting
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	element, ok := d.byText[text]
	if !ok {
		return nil, false
	}
	d.recent.MoveToFront(element)
	return element.Value.(*keptDocument).parsed, true
}

// Add implements graphql.Cache. It is called with what has passed guard and validation.
func (d *documents) Add(_ context.Context, text string, parsed *ast.QueryDocument) {
	if len(text) > longestKept || hasLiteral(parsed) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.byText[text]; ok {
		return // another request was quicker
	}
	d.byText[text] = d.recent.PushFront(&keptDocument{text: text, parsed: parsed})
	d.size += len(text) + documentPadding
	d.bound()
}

// bound lets go of what was not used for longest, until the rest is small enough.
func (d *documents) bound() {
	for d.size > keptDocuments {
		oldest := d.recent.Remove(d.recent.Back()).(*keptDocument)
		delete(d.byText, oldest.text)
		delete(d.byBody, oldest.body)
		d.size -= len(oldest.text) + len(oldest.body) + documentPadding
	}
}

// hasLiteral reports whether a valid document holds a value that a user may have typed.
func hasLiteral(document *ast.QueryDocument) bool {
	for _, operation := range document.Operations {
		for _, variable := range operation.VariableDefinitions {
			if isLiteral(variable.DefaultValue) || inDirectives(variable.Directives) {
				return true
			}
		}
		if inDirectives(operation.Directives) || inSelections(operation.SelectionSet) {
			return true
		}
	}
	for _, fragment := range document.Fragments {
		if inDirectives(fragment.Directives) || inSelections(fragment.SelectionSet) {
			return true
		}
	}
	return false
}

// inSelections looks into fragments where they are written in line; others it meets by themselves.
func inSelections(set ast.SelectionSet) bool {
	for _, selection := range set {
		var found bool
		switch selection := selection.(type) {
		case *ast.Field:
			found = inArguments(selection.Arguments) || inDirectives(selection.Directives) || inSelections(selection.SelectionSet)
		case *ast.InlineFragment:
			found = inDirectives(selection.Directives) || inSelections(selection.SelectionSet)
		case *ast.FragmentSpread:
			found = inDirectives(selection.Directives)
		}
		if found {
			return true
		}
	}
	return false
}

func inDirectives(directives ast.DirectiveList) bool {
	for _, directive := range directives {
		if inArguments(directive.Arguments) {
			return true
		}
	}
	return false
}

func inArguments(arguments ast.ArgumentList) bool {
	for _, argument := range arguments {
		if isLiteral(argument.Value) {
			return true
		}
	}
	return false
}

// isLiteral reports whether a user may have typed a value or a part of it. The others are names of the
// schema, such as those of an enum and of an input's fields, and true, false, null and variables.
func isLiteral(value *ast.Value) bool {
	if value == nil {
		return false
	}
	switch value.Kind {
	case ast.Variable, ast.BooleanValue, ast.NullValue:
		return false
	case ast.EnumValue, ast.ListValue, ast.ObjectValue:
		if value.Definition == nil || value.Definition.Kind == ast.Scalar {
			return true // whatever is in it, and whatever its fields are called
		}
	default:
		return true // a string or a number
	}
	for _, child := range value.Children {
		if isLiteral(child.Value) {
			return true
		}
	}
	return false
}
