package graph

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// checkText refuses what no string of a request may hold: NUL, which ends a statement on both
// databases, and what is not Unicode.
func checkText(s string, path []string) *gqlerror.Error {
	switch {
	case text.Storable(s):
		return nil
	case utf8.ValidString(s):
		return at(badInput("A text may not contain the character NUL."), path)
	}
	return at(badInput("A text must be valid UTF-8."), path)
}

// checkVariable does so for every text in a variable, and turns its numbers into Go's, so that a number is
// never taken for a string.
func checkVariable(value any, path []string) (any, *gqlerror.Error) {
	if len(path) > maxDepth {
		return nil, tooComplex("The variables are too deep: at most %d levels.", maxDepth)
	}
	switch value := value.(type) {
	case string:
		return value, checkText(value, path)
	case json.Number:
		if i, err := value.Int64(); err == nil {
			return i, nil
		}
		f, err := value.Float64()
		if err != nil {
			return nil, at(badInput("A number is out of range."), path)
		}
		return f, nil
	case map[string]any:
		for name, child := range value {
			if err := checkText(name, path); err != nil {
				return nil, err
			}
			checked, err := checkVariable(child, append(path[:len(path):len(path)], name))
			if err != nil {
				return nil, err
			}
			value[name] = checked
		}
	case []any:
		for i, child := range value {
			checked, err := checkVariable(child, append(path[:len(path):len(path)], strconv.Itoa(i)))
			if err != nil {
				return nil, err
			}
			value[i] = checked
		}
	}
	return value, nil
}

// hasLoneSurrogate reports whether JSON text has a \u escape of half a character, which Go would
// silently replace, so that different passwords would become the same.
func hasLoneSurrogate(body []byte) bool {
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 || i+1 >= len(body) {
			return false
		}
		body = body[i:]
		unit, ok := escapedUnit(body)
		switch {
		case !ok:
			body = body[2:]
		case unit < 0xD800 || unit > 0xDFFF:
			body = body[6:]
		case unit > 0xDBFF:
			return true
		default:
			low, ok := escapedUnit(body[6:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return true
			}
			body = body[12:]
		}
	}
}

// escapedUnit reads the \uXXXX at the beginning of JSON text.
func escapedUnit(body []byte) (uint64, bool) {
	if len(body) < 6 || body[0] != '\\' || body[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(body[2:6]), 16, 16)
	return unit, err == nil
}
