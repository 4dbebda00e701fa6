package auth_test

import (
	"go/ast"
	"go/types"
	"path"
	"strings"
	"testing"
)

// exported returns the names that a package offers by its files: those of the package, and the methods
// of its exported types.
func exported(files []*ast.File) []string {
	var names []string
	add := func(before string, name *ast.Ident) {
		if name.IsExported() {
			names = append(names, before+name.Name)
		}
	}
	for _, file := range files {
		for _, declaration := range file.Decls {
			switch declared := declaration.(type) {
			case *ast.FuncDecl:
				if declared.Recv == nil {
					add("", declared.Name)
				} else if of := strings.TrimPrefix(types.ExprString(declared.Recv.List[0].Type), "*"); ast.IsExported(of) {
					add(of+".", declared.Name)
				}
			case *ast.GenDecl:
				for _, spec := range declared.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						add("", spec.Name)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							add("", name)
						}
					}
				}
			}
		}
	}
	return names
}

// TestAuthDoesNotGrow bounds what a reader of auth has to know. Lower the bounds when there is less of it;
// before raising one, look for a mechanism that can leave (see mechanisms in arch_test.go).
func TestAuthDoesNotGrow(t *testing.T) {
	const maxFiles, maxExported = 85, 419
	var files []*ast.File
	for name, file := range sources(t) {
		if path.Dir(name) == "internal/auth" {
			files = append(files, file)
		}
	}
	if len(files) > maxFiles {
		t.Errorf("got %d files in internal/auth, want at most %d", len(files), maxFiles)
	}
	if got := len(exported(files)); got > maxExported {
		t.Errorf("got %d exported names and methods in internal/auth, want at most %d", got, maxExported)
	}
	if len(files) == 0 {
		t.Error("got no files: the test does not see them")
	}
}
