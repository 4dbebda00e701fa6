package graph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// Bounds of a document. They are checked before it is validated, because validating takes time
// that grows with the square of the fields of one selection, and, through fragments, exponentially
// in the length of the document. GraphiQL's introspection, the largest document in ordinary use,
// stays well below each of them.
const (
	maxDocument   = 32 << 10 // bytes
	maxTokens     = 1000
	maxDepth      = 20
	maxRootFields = 20
	maxMutations  = 10 // root fields of a mutation, each of which may hash a password or enqueue an email
	maxAliases    = 30
	maxSelections = 300 // with every fragment counted wherever it is spread
)

// guard parses a document. It refuses one that is out of bounds or cannot be parsed, or that asks for the
// schema where introspection is off. It costs no more than reading maxTokens.
func guard(document string, introspection bool) (*ast.QueryDocument, *gqlerror.Error) {
	if len(document) > maxDocument {
		return nil, tooComplex("The document is too long: at most %d bytes. Put long values into variables.", maxDocument)
	}
	if hasLoneSurrogate([]byte(document)) {
		return nil, badInput("The document has a \\u escape of half a character.")
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, maxTokens)
	if err != nil {
		return nil, presentSyntax(err)
	}
	w := &walker{fragments: parsed.Fragments, introspection: introspection, spreads: map[string]bool{}}
	if err := w.document(parsed); err != nil {
		return nil, err
	}
	return parsed, nil
}

// presentSyntax says where a document could not be read, and not what stands there: gqlparser's own
// words repeat it.
func presentSyntax(err error) *gqlerror.Error {
	fault, ok := err.(*gqlerror.Error) //nolint:errorlint // the parser returns exactly this type, never wrapped
	if !ok {
		return badInput("The document could not be read.")
	}
	if strings.HasPrefix(fault.Message, "exceeded token limit") {
		return tooComplex("The document is too long: at most %d tokens.", maxTokens)
	}
	out := badInput("The document has a syntax error.")
	out.Locations = fault.Locations
	return out
}

// walker counts what a document asks for, each fragment wherever it is spread.
type walker struct {
	fragments     ast.FragmentDefinitionList
	introspection bool
	within        []string        // the fragments around the place that is looked at
	spreads       map[string]bool // those that were walked
	selections    int
	aliases       int
	rootFields    int // of the operation
	maxRootFields int
}

func (w *walker) document(parsed *ast.QueryDocument) *gqlerror.Error {
	for _, operation := range parsed.Operations {
		w.rootFields, w.maxRootFields = 0, maxRootFields
		if operation.Operation == ast.Mutation {
			w.maxRootFields = maxMutations
		}
		for _, variable := range operation.VariableDefinitions {
			if err := checkLiteral(variable.DefaultValue, []string{variable.Variable}); err != nil {
				return err
			}
		}
		if err := w.directives(operation.Directives); err != nil {
			return err
		}
		if err := w.walk(operation.SelectionSet, 1); err != nil {
			return err
		}
	}
	// Fragments that no operation spreads are validated too.
	for _, fragment := range parsed.Fragments {
		if w.spreads[fragment.Name] {
			continue
		}
		if err := w.spread(fragment.Name, 2); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) walk(set ast.SelectionSet, depth int) *gqlerror.Error {
	if depth > maxDepth && len(set) > 0 {
		return tooComplex("The document is too deep: at most %d levels.", maxDepth)
	}
	for _, selection := range set {
		if w.selections++; w.selections > maxSelections {
			return tooComplex("The document asks for too much: at most %d fields, those of fragments counted wherever they are used.", maxSelections)
		}
		if err := w.visit(selection, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) visit(selection ast.Selection, depth int) *gqlerror.Error {
	switch selection := selection.(type) {
	case *ast.Field:
		return w.field(selection, depth)
	case *ast.InlineFragment:
		if err := w.directives(selection.Directives); err != nil {
			return err
		}
		return w.walk(selection.SelectionSet, depth)
	case *ast.FragmentSpread:
		if err := w.directives(selection.Directives); err != nil {
			return err
		}
		return w.spread(selection.Name, depth)
	default:
		return badInput("The document has a selection that is not known here.")
	}
}

func (w *walker) field(field *ast.Field, depth int) *gqlerror.Error {
	if depth == 1 {
		if w.rootFields++; w.rootFields > w.maxRootFields {
			return tooComplex("The operation has too many root fields: at most %d.", w.maxRootFields)
		}
	}
	if field.Alias != field.Name {
		if w.aliases++; w.aliases > maxAliases {
			return tooComplex("The document has too many aliases: at most %d.", maxAliases)
		}
	}
	if !w.introspection && (field.Name == "__schema" || field.Name == "__type") {
		return badInput("Introspection is off on this server: use its published schema.")
	}
	if err := w.arguments(field.Arguments); err != nil {
		return err
	}
	if err := w.directives(field.Directives); err != nil {
		return err
	}
	return w.walk(field.SelectionSet, depth+1)
}

// spread walks a fragment where it is used. One that is not defined is left to validation.
func (w *walker) spread(name string, depth int) *gqlerror.Error {
	for _, outer := range w.within {
		if outer == name {
			return badInput("A fragment may not spread itself, not even through another one.")
		}
	}
	fragment := w.fragments.ForName(name)
	if fragment == nil {
		return nil
	}
	w.spreads[name] = true
	w.within = append(w.within, name)
	defer func() { w.within = w.within[:len(w.within)-1] }()
	if err := w.directives(fragment.Directives); err != nil {
		return err
	}
	return w.walk(fragment.SelectionSet, depth)
}

func (w *walker) directives(list ast.DirectiveList) *gqlerror.Error {
	for _, directive := range list {
		if err := w.arguments(directive.Arguments); err != nil {
			return err
		}
	}
	return nil
}

// arguments refuses text that no string may hold, which an escape can bring into a literal.
func (w *walker) arguments(list ast.ArgumentList) *gqlerror.Error {
	for _, argument := range list {
		if err := checkLiteral(argument.Value, []string{argument.Name}); err != nil {
			return err
		}
	}
	return nil
}

func checkLiteral(value *ast.Value, path []string) *gqlerror.Error {
	if value == nil {
		return nil
	}
	if err := checkText(value.Raw, path); err != nil {
		return err
	}
	for _, child := range value.Children {
		if err := checkLiteral(child.Value, append(path[:len(path):len(path)], child.Name)); err != nil {
			return err
		}
	}
	return nil
}
