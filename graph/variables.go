package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

const (
	// maxValues bounds the values in the variables of a request, the names of members counted too. A
	// profile of the greatest size holds at most 8,192.
	maxValues = 10_000
	// largeVariables is from which size on variables take turns, in bytes.
	largeVariables = 32 << 10
	// largeAtOnce is how many requests with large variables are read at a time.
	largeAtOnce = 2
)

// takeTurn waits until variables of this size may be read, and returns what to call when they are.
func (h *handler) takeTurn(ctx context.Context, size int) (end func(), err error) {
	if size < largeVariables {
		return func() {}, nil
	}
	select {
	case h.large <- struct{}{}:
		return func() { <-h.large }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// readVariables reads the variables that an operation declares, and no others, and holds them to their types
// as far as the executor does not.
func readVariables(raw json.RawMessage, schema *ast.Schema, operation *ast.OperationDefinition) (map[string]any, *gqlerror.Error) {
	if operation == nil || len(operation.VariableDefinitions) == 0 || len(raw) == 0 {
		return nil, nil
	}
	if countValues(raw) > maxValues {
		return nil, tooComplex("The variables hold too much: at most %d values.", maxValues)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil, badInput("The variables could not be read.")
	}
	variables := make(map[string]any, len(operation.VariableDefinitions))
	for _, definition := range operation.VariableDefinitions {
		member, ok := members[definition.Variable]
		if !ok {
			continue
		}
		path := []string{definition.Variable}
		value, err := readValue(member, path)
		if err != nil {
			return nil, err
		}
		if isLeftOut(schema, definition.Type, definition.DefaultValue, value) {
			continue
		}
		if variables[definition.Variable], err = coerce(schema, definition.Type, value, path); err != nil {
			return nil, err
		}
	}
	return variables, nil
}

// countValues counts the values of JSON that is valid, and the names of members. It allocates nothing.
func countValues(raw []byte) int {
	count, quoted := 1, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ',' || c == ':' || c == '[' || c == '{'):
			count++
		}
	}
	return count
}

// readValue decodes a value, and checks its texts and numbers.
func readValue(raw json.RawMessage, path []string) (any, *gqlerror.Error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, at(badInput("The variables could not be read."), path)
	}
	return checkVariable(value, path)
}

// isLeftOut reports whether a value says that the default is meant, or nothing: null where only a default
// makes sense of it, and an empty text in place of an enum's value, which generated clients send for a value that was not set.
func isLeftOut(schema *ast.Schema, typ *ast.Type, defaultValue *ast.Value, value any) bool {
	if value == nil {
		return typ.NonNull && defaultValue != nil
	}
	definition := schema.Types[typ.NamedType] // nil of a list
	isEmptyEnum := value == "" && definition != nil && definition.Kind == ast.Enum
	return isEmptyEnum && (defaultValue != nil || !typ.NonNull)
}

// coerce holds a value to its type where the executor is more generous than the specification: it takes the
// values of enums in any case, and texts and fractions for an Int. Whatever has another shape is left to it.
func coerce(schema *ast.Schema, typ *ast.Type, value any, path []string) (any, *gqlerror.Error) {
	if value == nil {
		return nil, nil
	}
	if typ.Elem != nil {
		return coerceList(schema, typ.Elem, value, path)
	}
	definition := schema.Types[typ.NamedType]
	if definition == nil {
		return value, nil // validation refuses the document
	}
	switch definition.Kind {
	case ast.Enum:
		if text, ok := value.(string); !ok || definition.EnumValues.ForName(text) == nil {
			return nil, variableMisfit(path)
		}
	case ast.InputObject:
		if object, ok := value.(map[string]any); ok {
			return coerceObject(schema, definition, object, path)
		}
	case ast.Scalar:
		if !fitsScalar(definition.Name, value) {
			return nil, variableMisfit(path)
		}
	default: // no other kind is an input
	}
	return value, nil
}

func coerceList(schema *ast.Schema, elem *ast.Type, value any, path []string) (any, *gqlerror.Error) {
	list, ok := value.([]any)
	if !ok {
		return coerce(schema, elem, value, path) // one value stands for a list of one
	}
	for i, element := range list {
		coerced, err := coerce(schema, elem, element, append(path[:len(path):len(path)], strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		list[i] = coerced
	}
	return list, nil
}

func coerceObject(schema *ast.Schema, definition *ast.Definition, object map[string]any, path []string) (any, *gqlerror.Error) {
	for _, field := range definition.Fields {
		value, ok := object[field.Name]
		if !ok {
			continue
		}
		if isLeftOut(schema, field.Type, field.DefaultValue, value) {
			delete(object, field.Name)
			continue
		}
		coerced, err := coerce(schema, field.Type, value, append(path[:len(path):len(path)], field.Name))
		if err != nil {
			return nil, err
		}
		object[field.Name] = coerced
	}
	return object, nil
}

// fitsScalar reports whether a value fits a scalar of numbers, and true for all other scalars.
func fitsScalar(name string, value any) bool {
	switch number := value.(type) {
	case int64:
		return name != "Int" || number >= math.MinInt32 && number <= math.MaxInt32
	case float64:
		return name != "Int"
	case string:
		return name != "Int" && name != "Float"
	default:
		return true
	}
}

// variableMisfit is a variable, or a part of one, that has a value which its type does not have.
func variableMisfit(path []string) *gqlerror.Error {
	return at(badInput("Variable $%s does not have one of the values of its type.", cut(strings.Join(path, "."))), path)
}
