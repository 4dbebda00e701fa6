package graph

import (
	"context"
	"reflect"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Observer is told of each operation: when it begins, and by the function that it returns, what came
// of it. The operation is run in the context that it returns. It must return at once.
type Observer interface {
	OperationBegun(ctx context.Context) (context.Context, OperationEnded)
}

// OperationEnded says what an operation was and what came of it, in names and codes of the schema
// only. Nothing in it was chosen by the client, neither a name of an operation nor an alias.
//
// Kind is query or mutation, and "" of what was refused before that was known; fields are the root
// fields, each once, none of what was refused; codes are those of the problems and errors, each once
// and sorted, none if all went well.
type OperationEnded = func(kind string, fields, codes []string)

// watched is an operation that is going on.
type watched struct {
	kind   string
	fields []string
	codes  []string
	report *auth.Report
	ends   []OperationEnded
	ended  bool
}

// watch tells the observers that an operation begins. Until something else is known of it, it came to
// a fault of ours: what panics leaves it at that.
func (h *handler) watch(ctx context.Context) (context.Context, *watched) {
	seen := &watched{codes: []string{codeInternal}, report: auth.ReportFrom(ctx)}
	for _, observer := range h.options.Observers {
		var end OperationEnded
		ctx, end = observer.OperationBegun(ctx)
		seen.ends = append(seen.ends, end)
	}
	return ctx, seen
}

// operation notes what was asked for.
func (s *watched) operation(o *graphql.OperationContext) {
	s.kind = string(o.Operation.Operation)
	s.fields = rootFields(nil, o.Operation.SelectionSet)
}

// end tells the report and the observers that it is over, once.
func (s *watched) end() {
	if s.ended {
		return
	}
	s.ended = true
	s.report.Done(s.fields, s.codes)
	for _, end := range s.ends {
		end(s.kind, s.fields, s.codes)
	}
}

// rootFields adds the names of the fields of a valid selection, those of fragments included. The
// strings are the schema's: one out of the document would keep all of that in memory.
func rootFields(names []string, set ast.SelectionSet) []string {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			if name := selection.Definition.Name; !slices.Contains(names, name) {
				names = append(names, name)
			}
		case *ast.InlineFragment:
			names = rootFields(names, selection.SelectionSet)
		case *ast.FragmentSpread:
			names = rootFields(names, selection.Definition.SelectionSet)
		}
	}
	return names
}

// recordProblems runs the resolver of a root field and notes the codes of the problems in its payload.
func recordProblems(ctx context.Context, next graphql.Resolver) (any, error) {
	payload, err := next(ctx)
	if found := problemsIn(payload); len(found) > 0 {
		state := requestStateFrom(ctx)
		state.mu.Lock()
		defer state.mu.Unlock()
		for _, problem := range found {
			state.codes = append(state.codes, string(problem.Code))
		}
	}
	return payload, err
}

// problemsIn returns the field `errors` of a payload. All payloads have it; those that gqlgen writes have no
// method for it.
func problemsIn(payload any) []auth.Problem {
	value := reflect.ValueOf(payload)
	if value.Kind() != reflect.Pointer || value.IsNil() || value.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := value.Elem().FieldByName("Errors")
	if !field.IsValid() {
		return nil
	}
	found, _ := field.Interface().([]auth.Problem)
	return found
}

// problems returns the codes that were recordProblems.
func (state *requestState) problems() []string {
	state.mu.Lock()
	defer state.mu.Unlock()
	return slices.Clone(state.codes)
}

// codesOf returns the codes, and those of the errors, each once.
func codesOf(codes []string, list gqlerror.List) []string {
	for _, err := range list {
		code, ok := err.Extensions["code"].(string)
		if !ok {
			code = codeBadInput // gqlgen's own, of a value that does not fit
		}
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}
