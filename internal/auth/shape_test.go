package auth_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// sources parses the program's own Go files, without tests and generated code, by their paths from
// the root of the module.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	const root = "../.."
	files := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil || ast.IsGenerated(file) {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = file
		return err
	})
	must(t, err)
	return files
}

// callersOf returns the files that call a method of this name, one line for each call. Packages that
// exist for tests are left out.
func callersOf(t *testing.T, method string) []string {
	t.Helper()
	var callers []string
	for name, file := range sources(t) {
		if strings.Contains(name, "test/") {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == method {
				callers = append(callers, name)
			}
			return true
		})
	}
	slices.Sort(callers)
	return callers
}

// TestOnlyDoOpensTransactions keeps transactions in one place: there they get their one time, and
// emails and observers hear of them after the commit only.
func TestOnlyDoOpensTransactions(t *testing.T) {
	t.Parallel()
	if got, want := callersOf(t, "InTx"), []string{"internal/auth/tx.go"}; !slices.Equal(got, want) {
		t.Errorf("InTx is called in %q, want %q: use Service.do", got, want)
	}
}

// TestATransactionIsSmall keeps the interface of a transaction to what use cases do under their
// locks. What only reads belongs to Reader, and a feature of many rows gets a part of its own.
func TestATransactionIsSmall(t *testing.T) {
	t.Parallel()
	if n := reflect.TypeFor[auth.Tx]().NumMethod(); n > 70 {
		t.Errorf("auth.Tx has %d methods, want at most 70", n)
	}
}

// TestOneDoor keeps admit the one way to a session. A second one would be where a second factor is
// forgotten.
func TestOneDoor(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{
		"CreateSession": "internal/auth/admit.go",
		"ProveSession":  "internal/auth/reauthenticate.go",
		"RenewSession":  "internal/auth/change_password.go",
	} {
		if got := callersOf(t, method); !slices.Equal(got, []string{want}) {
			t.Errorf("%s is called in %q, want once, in %s", method, got, want)
		}
	}

	made := map[string]bool{}
	for name, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if literal, ok := n.(*ast.CompositeLit); ok && names(literal.Type, "Caller") {
				made[name] = true
			}
			return true
		})
	}
	delete(made, "internal/auth/authtest/authtest.go") // of a session that admit has granted
	got, want := slices.Sorted(maps.Keys(made)), []string{"internal/auth/admit.go", "internal/auth/authenticate.go"}
	if !slices.Equal(got, want) {
		t.Errorf("a Caller is made in %q, want %q", got, want)
	}
}

// names reports whether a type is written with this name, with or without its package.
func names(expression ast.Expr, name string) bool {
	switch e := expression.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}
