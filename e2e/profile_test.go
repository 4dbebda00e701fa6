package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProfilesFromTheCommandLine sets what only an operator sets, while a server runs.
func TestProfilesFromTheCommandLine(t *testing.T) {
	t.Parallel()
	schema := filepath.Join(t.TempDir(), "profile.json")
	const text = `{"type": "object", "properties": {"nick": {"type": "string"}, "plan": {"enum": ["free", "pro"], "x-set-by": "operator"}, "note": {"x-set-by": "operator"}}}`
	if err := os.WriteFile(schema, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}

	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := database(t)
			settings["LATCHKEY_PROFILE_SCHEMA"] = schema
			settings["LATCHKEY_JWT_CLAIMS"] = "email,profile.note"
			run := func(stdin, want string, args ...string) {
				t.Helper()
				out, errs, ok := latchkey(t, stdin, settings, append([]string{"user", "profile"}, args...)...)
				if !ok || out != want+"\n" {
					t.Fatalf("%s: succeeded %v, printed %q, want %q; errors: %s", args, ok, out, want, errs)
				}
			}
			fails := func(stdin, want string, args ...string) {
				t.Helper()
				out, errs, ok := latchkey(t, stdin, settings, append([]string{"user", "profile"}, args...)...)
				if ok || out != "" || !strings.Contains(errs, want) {
					t.Fatalf("%s: succeeded %v, printed %q, said %q, want %q in it", args, ok, out, errs, want)
				}
			}
			if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", email, "--confirmed"); !ok {
				t.Fatal(errs)
			}

			p := serve(t, settings)
			token := p.login(password)
			set := func(change string) string {
				return p.graphql(token, `mutation { updateProfile(input: {profile: `+change+`}) { user { profile } errors { code path } } }`, nil)
			}
			run("", `{}`, email)
			run("", `{"plan":"pro"}`, " ADA@example.com ", `{"plan": "pro"}`)
			p.expect("what the user sees and cannot change", set(`{plan: "free"}`),
				`{"data":{"updateProfile":{"user":null,"errors":[{"code":"PROFILE_INVALID","path":["input","profile","plan"]}]}}}`)
			p.expect("the rest", set(`{nick: "a\u009b\u202eb"}`), `{"data":{"updateProfile":{"user":{"profile":{"nick":"a`+"\u009b\u202e"+`b","plan":"pro"}},"errors":[]}}}`)
			run("", `{"nick":"a\u009b\u202eb","plan":"pro"}`, email)
			run("{\"plan\": null,\n \"nick\": \"<b>\"}\n", `{"nick":"<b>"}`, email, "-")

			fails("", `plan: This has to be one of "free", "pro".`, email, `{"plan": "gold", "nick": "c"}`)
			fails("", "claims of tokens have at most 1 KB", email, `{"note": "`+strings.Repeat("x", 1<<10)+`"}`)
			fails("", "JSON object", email, "[]")
			fails("", "this is not, or breaks off", email, "")
			fails("", "this is not, or breaks off", email, "-")
			fails(strings.Repeat(" ", 1<<20)+"{}", "at most 1 MB", email, "-")
			fails("", "single quotes", email, "{plan:", "pro}")
			fails("", "no user with this address", "nobody@example.com")
			fails("", "no user with this address", "nobody@example.com", "{}")
			p.graphql("", `mutation { register(input: {email: "eve@example.com", password: "eves horse battery"}) { errors { code } } }`, nil)
			fails("", "no user with this address", "eve@example.com", "{}")
			run("", `{"nick":"<b>"}`, email)

			out, errs, ok := latchkey(t, "", settings, "audit", "--user", email)
			if !ok || strings.Count(out, "profile_updated") != 3 || strings.Contains(out, "pro ") {
				t.Errorf("succeeded %v, the audit trail is\n%s%s", ok, out, errs)
			}
		})
	}
}

func TestAClaimThatUsersWriteStopsTheStart(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"LATCHKEY_JWT_CLAIMS": "email,name,profile.plan"}
	_, errs, ok := latchkey(t, "", settings, "serve", "--addr=127.0.0.1:0")
	for _, want := range []string{"LATCHKEY_JWT_CLAIMS", `"name" is no claim`, `"profile.plan" is no claim`, "Allowed are email, role"} {
		if ok || !strings.Contains(errs, want) {
			t.Errorf("succeeded %v, said %q, want %q in it", ok, errs, want)
		}
	}
}
