package auth

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestProblemsKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	s := &Service{config: Config{Usernames: UsernamesOptional}}
	long := strings.Repeat("a", 1000)
	password := func(text secret.Text) Problems {
		_, problems := acceptPassword(12, text, "password")
		return problems
	}
	username := func(name string) Problems { _, problems := s.checkUsername(name); return problems }
	deep := map[string]any{}
	for range 20 {
		deep = map[string]any{"in": deep}
	}
	name := func() Problems { _, problems := checkName(long); return problems }
	email := func() Problems { _, problems := checkEmail(long + "@example.com"); return problems }
	large := func() Problems {
		_, problems := s.checkNewProfile(map[string]any{"bio": strings.Repeat("a", 20_000)})
		return problems
	}
	claims := Claims{profile: [][]string{{"bio"}}}

	for _, c := range []struct {
		problems Problems
		message  string
		args     map[string]any
	}{
		{password("short"), "Use at least 12 characters.", map[string]any{"min": 12}},
		{password(secret.Text(long)), "Use at most 256 characters.", map[string]any{"max": 256}},
		{username("ad"), "A username has at least 3 characters.", map[string]any{"min": 3, "max": 30}},
		{username(long), "A username has at most 30 characters.", map[string]any{"min": 3, "max": 30}},
		{name(), "A name has at most 100 characters.", map[string]any{"max": 100}},
		{
			email(), "This email address is too long: at most 254 bytes, and 64 before the @.",
			map[string]any{"max": 254, "maxLocal": 64},
		},
		{large(), "A profile has at most 16 KB.", map[string]any{"maxKB": 16}},
		{profileProblems(profile.CheckPatch(deep)), "A profile has at most 16 levels.", map[string]any{"max": 16}},
		{
			claims.checkChange(profile.Empty, profile.Profile(`{"bio":"`+strings.Repeat("a", 10_000)+`"}`)),
			fmt.Sprintf("The fields that are claims of tokens have at most %d KB together.", claimsMaxSize>>10),
			map[string]any{"maxKB": claimsMaxSize >> 10},
		},
		{
			profileProblems([]profile.Fault{{Message: "This needs at least 2 items.", Args: map[string]any{"min": 2}}}),
			"This needs at least 2 items.",
			map[string]any{"min": 2},
		},
	} {
		if len(c.problems) != 1 {
			t.Errorf("got the problems %v, want one that says %q", c.problems, c.message)
			continue
		}
		if got := c.problems[0].Message; got != c.message {
			t.Errorf("got the message %q, want %q", got, c.message)
		}
		if diff := cmp.Diff(c.args, c.problems[0].Args); diff != "" {
			t.Errorf("%s: the arguments (-want +got):\n%s", c.message, diff)
		}
	}
}

// TestNoProblemHasANumberInItsText fails if the text of a problem has a number that is not an argument.
func TestNoProblemHasANumberInItsText(t *testing.T) {
	t.Parallel()
	digit := regexp.MustCompile(`[0-9%]`)
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatalf("list the files: %v", err)
	}
	files, found := token.NewFileSet(), 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, isCall := n.(*ast.CallExpr)
			if !isCall {
				return true
			}
			if made, ok := call.Fun.(*ast.Ident); !ok || made.Name != "problem" && made.Name != "profileProblem" {
				return true
			}
			found++
			ast.Inspect(call.Args[len(call.Args)-1], func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && digit.MatchString(strings.ReplaceAll(text.Value, "UTF-8", "")) {
					t.Errorf("%s: got the text %s, want its numbers as arguments", files.Position(text.Pos()), text.Value)
				}
				return true
			})
			return true
		})
	}
	if found < 30 {
		t.Errorf("got %d problems in the code, want at least 30: the test does not see them", found)
	}
}
