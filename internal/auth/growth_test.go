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

// useCaseCount returns how many exported methods Service has.
func useCaseCount(names []string) int {
	count := 0
	for _, name := range names {
		if strings.HasPrefix(name, "Service.") {
			count++
		}
	}
	return count
}

// TestAuthDoesNotGrow bounds what a reader of auth has to know for each of its use cases, so that a feature brings
// what it needs, and a mechanism has to be paid for. Lower the bounds when there is less; before raising one, look for a
// mechanism that can leave (see mechanisms in arch_test.go).
func TestAuthDoesNotGrow(t *testing.T) {
	const maxFiles, maxExported = 13, 62 // for every ten use cases
	var files []*ast.File
	for name, file := range sources(t) {
		if path.Dir(name) == "internal/auth" {
			files = append(files, file)
		}
	}
	names := exported(files)
	cases := useCaseCount(names)
	if cases == 0 {
		t.Fatal("got no use cases: the test does not see them")
	}
	if most := cases * maxFiles / 10; len(files) > most {
		t.Errorf("got %d files in internal/auth, want at most %d for %d use cases", len(files), most, cases)
	}
	if most := cases * maxExported / 10; len(names) > most {
		t.Errorf("got %d exported names and methods in internal/auth, want at most %d for %d use cases", len(names), most, cases)
	}
}
