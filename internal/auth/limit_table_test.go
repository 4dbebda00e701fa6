package auth

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestLimits says what a row of the table needs. The table in docs/operations.md is compared with it as well.
func TestLimits(t *testing.T) {
	if len(limitSpecs) < 15 {
		t.Errorf("got %d limits in the table, want at least 15", len(limitSpecs))
	}
	for limit, spec := range limitSpecs {
		if spec.Limit != limit {
			t.Errorf("%s: got the limit %q in its row, want the same", limit, spec.Limit)
		}
		if strings.Trim(string(limit), "abcdefghijklmnopqrstuvwxyz_") != "" {
			t.Errorf("%s: got a name that a setting cannot have, want lower letters and underscores", limit)
		}
		if !strings.HasSuffix(spec.Counts, ".") || strings.Contains(spec.Counts, "|") {
			t.Errorf("%s: got %q as what counts, want sentences for a table", limit, spec.Counts)
		}
		var pers []Per
		for _, r := range spec.rates {
			pers = append(pers, r.per)
			if !slices.Contains([]Per{PerAddress, PerAccount}, r.per) || slices.Index(pers, r.per) != len(pers)-1 {
				t.Errorf("%s: got a rate per %q, want one per address or account, and each once", limit, r.per)
			}
			if _, _, problem := parseRate(rateInWords(r.rate, r.per)); problem != "" {
				t.Errorf("%s: got the rate %s, of which the parser says %q", limit, rateInWords(r.rate, r.per), problem)
			}
		}
		if len(pers) == 0 || !slices.IsSortedFunc(pers, func(a, b Per) int { return strings.Compare(string(b), string(a)) }) {
			t.Errorf("%s: got rates per %q, want at least one, and addresses first", limit, pers)
		}
	}
}

// TestLimitsAreDeclaredInTheTableAndUsed fails if the code makes a limit without newLimit, or declares one that
// nothing counts.
func TestLimitsAreDeclaredInTheTableAndUsed(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("list the files: %v", err)
	}
	files, declared, mentioned := token.NewFileSet(), map[string]bool{}, map[string]int{}
	calls := func(e ast.Expr, function string) bool {
		call, ok := e.(*ast.CallExpr)
		if !ok {
			return false
		}
		name, ok := call.Fun.(*ast.Ident)
		return ok && name.Name == function
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || name == "limit_table.go" {
			continue
		}
		parsed, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if typed, ok := n.Type.(*ast.Ident); ok && typed.Name == "Limit" {
					t.Errorf("%s: got a limit outside of the table, want newLimit", files.Position(n.Pos()))
				}
				if len(n.Values) == 1 && calls(n.Values[0], "newLimit") {
					declared[n.Names[0].Name] = true
				}
			case *ast.CallExpr:
				if calls(n, "Limit") {
					t.Errorf("%s: got a conversion to a limit, want one that newLimit returned", files.Position(n.Pos()))
				}
			case *ast.Ident:
				mentioned[n.Name]++
			}
			return true
		})
	}
	if len(declared) != len(limitSpecs) {
		t.Errorf("got %d variables with limits, want one for each of %d", len(declared), len(limitSpecs))
	}
	for name := range declared {
		if mentioned[name] < 2 {
			t.Errorf("%s: got a limit that nothing counts, want a use", name)
		}
	}
}
