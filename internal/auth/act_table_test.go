package auth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestActs says what a row of the table needs. The audit trails of deployments have the acts and outcomes in their rows,
// and programs read them: the table in docs/operations.md is compared with all of them.
func TestActs(t *testing.T) {
	if len(acts) == 0 {
		t.Error("got no acts: the test does not see them")
	}
	for act, spec := range acts {
		if spec.Act != act {
			t.Errorf("%s: got the act %q in its row, want the same", act, spec.Act)
		}
		if !strings.HasSuffix(spec.Meaning, ".") {
			t.Errorf("%s: got %q as what it means, want a sentence", act, spec.Meaning)
		}
	}
	if roles := slices.Collect(maps.Keys(roleRank)); len(actRoleSet) != len(roles) {
		t.Errorf("got %d acts that set a role, want one for each of %q", len(actRoleSet), roles)
	}
}

// TestActsAreDeclaredInTheTable fails if the code makes an act without newAct: as a constant, a variable of the
// type or a conversion. The worlds of authtest check what is written down while the tests run.
func TestActsAreDeclaredInTheTable(t *testing.T) {
	isAct := func(e ast.Expr) bool { name, ok := e.(*ast.Ident); return ok && name.Name == "Act" }
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("list the files: %v", err)
	}
	files := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "act.go" {
			continue
		}
		parsed, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if isAct(n.Type) {
					t.Errorf("%s: got an act outside of the table, want newAct", files.Position(n.Pos()))
				}
			case *ast.CallExpr:
				if isAct(n.Fun) {
					t.Errorf("%s: got a conversion to an act, want one that newAct returned", files.Position(n.Pos()))
				}
			}
			return true
		})
	}
}
