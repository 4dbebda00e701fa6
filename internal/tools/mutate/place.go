package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What has a meaning in the new text of a mutation.
var (
	mutantWord = regexp.MustCompile(`\bmutant\b`) // true while the mutation is in force
	oldWord    = regexp.MustCompile(`\bOLD\b`)    // what stood there
)

// helper is added to each package that is mutated. The variable is read once.
const helper = `package %s

import "os"

var mutationInForce = os.Getenv(%q)

func mutated(name string) bool { return mutationInForce == name }

func either[T any](isMutant bool, changed, unchanged T) T {
	if isMutant {
		return changed
	}
	return unchanged
}

var _ = either[int]
`

// variable names the mutation that is in force.
const variable = "LATCHKEY_MUTANT"

// sources are texts of files in place of those of the work tree, by their paths from the root.
type sources map[string]string

// span is where a mutation changes its file.
type span struct {
	from, to int
	mutation *mutation
}

// place writes all mutations into copies of their files. It fails, with every fault, if what one of them
// replaces does not stand there exactly once, if two overlap, or if a test does not exist.
func place(root string, mutations []*mutation) (sources, error) {
	byFile := map[string][]*mutation{}
	for _, m := range mutations {
		byFile[m.file] = append(byFile[m.file], m)
	}
	placed := sources{}
	var faults []error
	for file, list := range byFile {
		text, pkg, err := placeIn(filepath.Join(root, filepath.FromSlash(file)), list)
		faults = append(faults, err)
		placed[file] = text
		placed[path.Join(path.Dir(file), "zz_mutated.go")] = fmt.Sprintf(helper, pkg, variable)
	}
	tests := testNames{root: root}
	for _, m := range mutations {
		faults = append(faults, tests.check(m))
	}
	return placed, errors.Join(faults...)
}

// placeIn returns the text of a file with its mutations, and the name of its package.
func placeIn(file string, mutations []*mutation) (text, pkg string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", mutations[0].at, err)
	}
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, data, parser.SkipObjectResolution)
	if err != nil {
		return "", "", err
	}

	var (
		spans  []span
		faults []error
	)
	for _, m := range mutations {
		from, to, err := find(string(data), positions, parsed, m)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", m.at, m.name, err))
			continue
		}
		spans = append(spans, span{from, to, m})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var out strings.Builder
	end := 0
	for i, s := range spans {
		if s.from < end {
			faults = append(faults, fmt.Errorf("%s: %s overlaps with %s: make what is old shorter", s.mutation.at, s.mutation.name, spans[i-1].mutation.name))
			continue
		}
		out.Write(data[end:s.from])
		out.WriteString(s.mutation.replace(string(data[s.from:s.to])))
		end = s.to
	}
	out.Write(data[end:])
	return out.String(), parsed.Name.Name, errors.Join(faults...)
}

// replace returns what takes the place of a text that the mutation found.
func (m *mutation) replace(old string) string {
	text := mutantWord.ReplaceAllLiteralString(m.new, fmt.Sprintf("mutated(%q)", m.name))
	return oldWord.ReplaceAllLiteralString(text, old)
}

// find returns where the old text of a mutation stands.
func find(text string, positions *token.FileSet, parsed *ast.File, m *mutation) (from, to int, err error) {
	from, to = 0, len(text)
	if m.in != "" {
		function := functionNamed(parsed, m.in)
		if function == nil {
			return 0, 0, fmt.Errorf("%s has no function %s", m.file, m.in)
		}
		from, to = positions.Position(function.Pos()).Offset, positions.Position(function.End()).Offset
	}
	words := strings.Fields(m.old)
	for i, word := range words {
		words[i] = regexp.QuoteMeta(word)
	}
	found := regexp.MustCompile(strings.Join(words, `\s+`)).FindAllStringIndex(text[from:to], -1)
	if len(found) != 1 {
		return 0, 0, fmt.Errorf("%s has %q %d times, want once", cmp.Or(m.in, m.file), m.old, len(found))
	}
	return from + found[0][0], from + found[0][1], nil
}

// functionNamed returns the function of this name, or the method if it has a dot, as Service.Login.
func functionNamed(parsed *ast.File, name string) *ast.FuncDecl {
	for _, declared := range parsed.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if ok && receiver(function)+function.Name.Name == name {
			return function
		}
	}
	return nil
}

// receiver returns the type of a method's receiver with a dot behind it, and "" for a function.
func receiver(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	kind := function.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if generic, ok := kind.(*ast.IndexExpr); ok {
		kind = generic.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}

// testNames knows which tests there are.
type testNames struct {
	root  string
	known map[string]string // the texts of the test files of a package, by its folder
}

// check fails if a test that a mutation names does not exist.
func (n *testNames) check(m *mutation) error {
	var faults []error
	for _, test := range m.tests {
		top, _, _ := strings.Cut(test.name, "/")
		for _, name := range strings.Split(top, "|") {
			if !strings.Contains(n.text(test.pkg), "\nfunc "+name+"(") {
				faults = append(faults, fmt.Errorf("%s: %s: %s has no test %s", m.at, m.name, test.pkg, name))
			}
		}
	}
	return errors.Join(faults...)
}

func (n *testNames) text(pkg string) string {
	if text, ok := n.known[pkg]; ok {
		return text
	}
	files, _ := filepath.Glob(filepath.Join(n.root, filepath.FromSlash(pkg), "*_test.go"))
	var all strings.Builder
	for _, file := range files {
		text, _ := os.ReadFile(file)
		all.Write(text)
	}
	if n.known == nil {
		n.known = map[string]string{}
	}
	n.known[pkg] = all.String()
	return n.known[pkg]
}
