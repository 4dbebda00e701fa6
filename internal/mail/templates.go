package mail

import (
	"embed"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"
	"unicode/utf8"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// A letter is one file of templates/: its subject, the paragraphs before and after its link or code and the
// words on its button, in plain text. The two layouts put the same words into both parts of a mail.
//
//go:embed templates/*.txt templates/layout.html
var embedded embed.FS

// The files that lay out every letter.
const (
	textLayout = "layout.txt"
	htmlLayout = "layout.html"
)

// letterParts are what the file of a letter defines, all of them.
var letterParts = []string{"subject", "before", "button", "after"}

// templates are what letters are written with.
type templates struct {
	letters map[auth.LetterKind]*template.Template
	text    *template.Template
	html    *htmltemplate.Template
}

// templateFault says what is wrong with a file, and in which line, where it is in one.
type templateFault struct{ file, line, reason string }

func (f *templateFault) Error() string {
	if f.line == "" {
		return f.file + ": " + f.reason
	}
	return f.file + ", line " + f.line + ": " + f.reason
}

// located takes the messages of both template packages apart.
var located = regexp.MustCompile(`(?s)^(?:html/)?template: ?([^:]+):(\d+)(?::\d+)?: (.*)$`)

// faultOf returns what a template package says of a file as a fault.
func faultOf(file string, err error) *templateFault {
	if found := located.FindStringSubmatch(err.Error()); found != nil {
		return &templateFault{file: found[1], line: found[2], reason: found[3]}
	}
	return &templateFault{file: file, reason: err.Error()}
}

// loadTemplates reads the embedded files, and those of dir in place of the ones that have their
// names; dir may be empty. The error names every file that is unknown, or cannot be read or parsed, or
// speaks of what there is not.
func loadTemplates(dir string) (*templates, error) {
	known := []string{textLayout, htmlLayout}
	for _, letter := range letters() {
		known = append(known, fileOf(letter.Kind))
	}
	own, err := ownFiles(dir, known)
	if err != nil {
		return nil, err
	}

	loaded := &templates{letters: make(map[auth.LetterKind]*template.Template)}
	var faults []error
	for _, name := range known {
		source, err := read(dir, name, slices.Contains(own, name))
		if err == nil {
			err = loaded.parse(name, source)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return loaded, errors.Join(faults...)
}

// ownFiles returns the names of the files in dir. What starts with a dot is not meant for us.
func ownFiles(dir string, known []string) ([]string, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("it cannot be read: %w", err)
	}
	var own []string
	var faults []error
	for _, entry := range entries {
		switch name := entry.Name(); {
		case strings.HasPrefix(name, "."):
		case slices.Contains(known, name):
			own = append(own, name)
		default:
			faults = append(faults, &templateFault{file: name, reason: "there is no template of this name. " + didYouMean(name, known)})
		}
	}
	return own, errors.Join(faults...)
}

// read returns a template with lines that end in LF, whatever it was written with.
func read(dir, name string, own bool) (string, error) {
	content, err := embedded.ReadFile("templates/" + name)
	if own {
		content, err = os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // the operator says which folder
	}
	if err != nil {
		return "", &templateFault{file: name, reason: err.Error()}
	}
	if !utf8.Valid(content) {
		return "", &templateFault{file: name, reason: "it is not written in UTF-8"}
	}
	return strings.ReplaceAll(strings.TrimPrefix(string(content), "\ufeff"), "\r\n", "\n"), nil
}

// parse takes a file in.
func (t *templates) parse(name, source string) error {
	if name == htmlLayout {
		parsed, err := htmltemplate.New(name).Parse(source)
		if err != nil {
			return faultOf(name, err)
		}
		t.html = parsed
		for _, each := range parsed.Templates() {
			if err := onlyFieldsOf(reflect.TypeFor[page](), each.Tree); err != nil {
				return err
			}
		}
		return nil
	}

	parsed, err := template.New(name).Parse(source)
	if err != nil {
		return faultOf(name, err)
	}
	data := reflect.TypeFor[page]()
	if name == textLayout {
		t.text = parsed
	} else {
		data = reflect.TypeFor[facts]()
		t.letters[auth.LetterKind(strings.TrimSuffix(name, ".txt"))] = parsed
		for _, part := range letterParts {
			if parsed.Lookup(part) == nil {
				return &templateFault{file: name, reason: fmt.Sprintf("it lacks {{define %q}}…{{end}}", part)}
			}
		}
	}
	for _, each := range parsed.Templates() {
		if err := onlyFieldsOf(data, each.Tree); err != nil {
			return err
		}
	}
	return nil
}

// onlyFieldsOf reports the first field in the template that its data does not have, in branches that
// are seldom taken as well.
func onlyFieldsOf(data reflect.Type, tree *parse.Tree) error {
	if tree == nil {
		return nil
	}
	var there []string
	for _, field := range reflect.VisibleFields(data) {
		if field.IsExported() {
			there = append(there, field.Name)
		}
	}

	var fault error
	visit(tree.Root, func(node parse.Node) {
		var path []string
		switch node := node.(type) {
		case *parse.FieldNode:
			path = node.Ident
		case *parse.VariableNode:
			if node.Ident[0] == "$" {
				path = node.Ident[1:]
			}
		}
		if fault != nil || len(path) == 0 || len(path) == 1 && slices.Contains(there, path[0]) {
			return
		}
		location, _ := tree.ErrorContext(node)
		fault = faultOf(tree.ParseName, errors.New("template: "+location+": there is no ."+strings.Join(path, ".")+
			" here, only ."+strings.Join(there, ", .")))
	})
	return fault
}
