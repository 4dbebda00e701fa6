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

	"github.com/google/go-cmp/cmp"
)

// TestActs holds the acts to what the audit trails of deployments have in their rows, and to what the programs
// that read them expect.
func TestActs(t *testing.T) {
	const ok, limited = "ok", "RATE_LIMITED"
	want := map[Act][]string{
		"account_created":          {ok},
		"account_deleted":          {ok, limited},
		"account_disabled":         {ok},
		"account_enabled":          {ok},
		"account_erased":           {ok},
		"api_client_created":       {ok},
		"api_client_deleted":       {ok},
		"authenticated_by_basic":   {ok, "INVALID_CREDENTIALS", "ACCOUNT_DISABLED", "SECOND_FACTOR_NEEDED"},
		"code_requested":           {ok, limited},
		"codes_locked":             {ok},
		"confirmation_requested":   {limited},
		"email_change_requested":   {ok, limited},
		"email_change_undone":      {ok, "TOKEN_INVALID", limited},
		"email_changed":            {ok, "TOKEN_INVALID", limited},
		"email_confirmed":          {ok, "TOKEN_INVALID", limited},
		"email_withheld":           {limited},
		"logged_in":                {ok, "INVALID_CREDENTIALS", "ACCOUNT_DISABLED", limited},
		"logged_in_by_code":        {ok, "CODE_INVALID", "ACCOUNT_DISABLED", limited},
		"logged_out":               {ok},
		"login_challenged":         {ok},
		"login_completed":          {ok, "CODE_INVALID", limited},
		"recovery_code_used":       {ok},
		"recovery_codes_created":   {ok},
		"second_factors_removed":   {ok},
		"totp_added":               {ok, "CODE_INVALID", limited},
		"totp_locked":              {ok},
		"totp_removed":             {ok},
		"password_changed":         {ok, "PASSWORD_INCORRECT", limited},
		"password_reset":           {ok, "TOKEN_INVALID", limited},
		"password_reset_requested": {ok, limited},
		"password_set":             {ok},
		"profile_updated":          {ok},
		"reauthenticated":          {ok, "PASSWORD_INCORRECT", "CODE_INVALID", limited},
		"refresh_token_reused":     {"REFRESH_TOKEN_INVALID"},
		"role_set_to_admin":        {ok},
		"role_set_to_staff":        {ok},
		"role_set_to_user":         {ok},
		"session_over_limit":       {ok},
		"session_revoked":          {ok},
		"sessions_ended":           {ok},
		"signed_up":                {ok, limited},
		"signing_key_made":         {ok},
		"signing_keys_removed":     {ok},
		"signing_keys_voided":      {ok},
		"token_revoked":            {ok},
		"username_changed":         {ok, limited},
	}
	got := map[Act][]string{}
	for act, spec := range acts {
		got[act] = spec.Outcomes
		if spec.Act != act {
			t.Errorf("%s: got the act %q in its row, want the same", act, spec.Act)
		}
		if !strings.HasSuffix(spec.Meaning, ".") {
			t.Errorf("%s: got %q as what it means, want a sentence", act, spec.Meaning)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the acts and their outcomes (-want +got):\n%s", diff)
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
