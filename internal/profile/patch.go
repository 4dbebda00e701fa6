package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ParsePatch returns the JSON object in text, as a patch. The error says what is wrong, and
// nothing of the text.
func ParsePatch(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("a change of a profile is UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, errors.New(`a change of a profile is JSON, such as {"plan": "pro"}: this is not, or breaks off`)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("a change of a profile is one JSON object: there is something after it")
	}
	if _, isObject := value.(map[string]any); !isObject {
		return nil, errors.New(`a change of a profile is a JSON object, such as {"plan": "pro"}`)
	}
	plain, err := PlainNumbers(value)
	if err != nil {
		return nil, err
	}
	patch, _ := plain.(map[string]any)
	return patch, nil
}

// PlainNumbers returns a value of JSON with each json.Number as an int64 or a float64, which is how
// requests bring them and how every encoder writes them. An error if one is too large for that, or
// whole and not exact.
func PlainNumbers(value any) (any, error) {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole, nil
		}
		number, err := value.Float64()
		isWhole := !strings.ContainsAny(value.String(), ".eE")
		if err != nil || isWhole && strconv.FormatFloat(number, 'f', -1, 64) != value.String() {
			return nil, errors.New("a number is out of range: whole ones have 64 bits")
		}
		return number, nil
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			var err error
			if list[i], err = PlainNumbers(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, field := range value {
			var err error
			if object[name], err = PlainNumbers(field); err != nil {
				return nil, err
			}
		}
		return object, nil
	}
	return value, nil
}
