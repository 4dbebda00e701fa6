package profile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// source is the text of a schema, and where in it everything stands.
type source struct {
	name  string
	text  []byte
	value any
	at    map[string]int // offsets in text, by JSON pointer (RFC 6901)
}

// read reads JSON: one value, and no object with a name twice, of which one would silently count for
// nothing.
func read(name string, text []byte) (*source, error) {
	s := &source{name: name, text: text, at: map[string]int{}}
	if len(text) > schemaMaxSize {
		return nil, s.fault("", fmt.Sprintf("a profile schema has at most %d KB", schemaMaxSize>>10))
	}
	if !utf8.Valid(text) {
		return nil, s.fault("", "this is not UTF-8")
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(any)); errors.As(err, &syntax) {
		return nil, s.faultAt(int(syntax.Offset)-1, "this is no JSON: "+syntax.Error())
	} else if err != nil {
		return nil, s.fault("", "this is no JSON: "+err.Error())
	}

	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := s.read(decoder, "")
	s.value = value
	return s, err
}

// read reads the next value, and notes where it and everything in it stands.
func (s *source) read(decoder *json.Decoder, pointer string) (any, error) {
	s.at[pointer] = s.next(decoder)
	token, err := decoder.Token()
	if err != nil {
		return nil, s.fault(pointer, "this is no JSON: "+err.Error())
	}
	switch token {
	case json.Delim('{'):
		return s.readObject(decoder, pointer)
	case json.Delim('['):
		var list []any
		for i := 0; decoder.More(); i++ {
			item, err := s.read(decoder, pointer+"/"+strconv.Itoa(i))
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = decoder.Token()
		return list, err
	}
	return token, nil
}

func (s *source) readObject(decoder *json.Decoder, pointer string) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		start := s.next(decoder)
		token, err := decoder.Token()
		if err != nil {
			return nil, s.faultAt(start, "this is no JSON: "+err.Error())
		}
		name := fmt.Sprint(token)
		if _, twice := object[name]; twice {
			return nil, s.faultAt(start, fmt.Sprintf("%q stands here a second time", name))
		}
		if object[name], err = s.read(decoder, pointer+"/"+escape(name)); err != nil {
			return nil, err
		}
	}
	_, err := decoder.Token()
	return object, err
}

// next is where the next token begins.
func (s *source) next(decoder *json.Decoder) int {
	offset := int(decoder.InputOffset())
	return offset + len(s.text[offset:]) - len(bytes.TrimLeft(s.text[offset:], " \t\r\n,:"))
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// fault is an error at a place that a JSON pointer names, or at the nearest one around it.
func (s *source) fault(pointer, reason string) error {
	for {
		if offset, ok := s.at[pointer]; ok || pointer == "" {
			return s.faultAt(offset, reason)
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}

func (s *source) faultAt(offset int, reason string) error {
	before := s.text[:max(0, min(offset, len(s.text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := 1 + utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Errorf("%s:%d:%d: %s", s.name, line, column, reason)
}

// explain says where in the file the error of a compilation is.
func (s *source) explain(err error) error {
	var (
		schema  *jsonschema.SchemaValidationError
		invalid *jsonschema.ValidationError
		regex   *jsonschema.InvalidRegexError
		load    *jsonschema.LoadURLError
		pointer *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
	)
	switch {
	case errors.As(err, &schema) && errors.As(schema.Err, &invalid):
		leaf := invalid
		for len(leaf.Causes) > 0 {
			leaf = leaf.Causes[0]
		}
		var at strings.Builder
		at.WriteString(fragment(schema.URL))
		for _, name := range leaf.InstanceLocation {
			at.WriteString("/" + escape(name))
		}
		return s.fault(at.String(), leaf.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	case errors.As(err, &regex):
		return s.fault(fragment(regex.URL), "this pattern is not one that Go knows: "+regex.Err.Error())
	case errors.As(err, &load):
		return s.fault(s.reference(load.URL), "this "+errRemote.Error())
	case errors.As(err, &pointer):
		return s.fault(s.reference(pointer.URL), "this leads nowhere")
	case errors.As(err, &anchor):
		return s.fault(s.reference(anchor.Reference), "this leads nowhere")
	}
	return s.fault("", err.Error())
}

// fragment is the JSON pointer at the end of a URL.
func fragment(address string) string {
	_, pointer, _ := strings.Cut(address, "#")
	if decoded, err := url.PathUnescape(pointer); err == nil {
		return decoded
	}
	return pointer
}

// reference returns where the document refers to what could not be found, or "" if that is not clear.
func (s *source) reference(address string) string {
	found := ""
	for pointer := range s.at {
		if !strings.HasSuffix(pointer, "ef") && !strings.HasSuffix(pointer, "/$schema") {
			continue
		}
		text, isText := s.lookup(pointer).(string)
		if !isText || text == "" {
			continue
		}
		plain, _, _ := strings.Cut(text, "#")
		leads := strings.HasSuffix(address, text) || plain != "" && strings.HasSuffix(address, plain)
		if leads && (found == "" || pointer < found) {
			found = pointer
		}
	}
	return found
}

// lookup returns the value that a JSON pointer names, or nil.
func (s *source) lookup(pointer string) any {
	value := s.value
	for name := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		switch within := value.(type) {
		case map[string]any:
			value = within[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(within) {
				return nil
			}
			value = within[i]
		default:
			return nil
		}
	}
	return value
}
