package auth

// In the package, because the table of the RFC has targets that no profile can be.

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMergePatch is the table of RFC 7396, Appendix A.
func TestMergePatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		t.Run(c.patch+" on "+c.target, func(t *testing.T) {
			read := func(text string) (value any) {
				if err := json.Unmarshal([]byte(text), &value); err != nil {
					t.Fatal(err)
				}
				return value
			}
			target, patch := read(c.target), read(c.patch)
			if diff := cmp.Diff(read(c.want), mergePatch(target, patch)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]any{read(c.target), read(c.patch)}, []any{target, patch}); diff != "" {
				t.Errorf("an argument was changed:\n%s", diff)
			}
		})
	}
}

func TestUsernameFault(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ada", "Ada.Lovelace", "a-b_c.d", "123", "a1b", "abcdefghijklmnopqrstuvwxyz1234"} {
		if fault := usernameFault(name); fault != "" {
			t.Errorf("%q: %s", name, fault)
		}
	}
	for _, name := range []string{
		"", "a", "ab", "abcdefghijklmnopqrstuvwxyz12345", "ada@example.org", "a b", ".ada", "ada.", "-ada", "ada_", "a..b", "a._b",
		"a-_b", "àda", "аda", "ada\x00", "ada\n", "a/b", "a%2fb", "ad\xff", "ａｄａ", "ada\u200b", "---", "K\u212a\u212a",
	} {
		if usernameFault(name) == "" {
			t.Errorf("%q may be a username", name)
		}
	}
}

func TestReservedUsernames(t *testing.T) {
	t.Parallel()
	if len(reservedUsernames) < 150 {
		t.Errorf("%d names are reserved, want at least 150", len(reservedUsernames))
	}
	for _, name := range []string{"admin", "root", "support", "system", "login", "latchkey", "a.d.m.i.n", "no-reply", "well-known", "mailer_daemon", "m.e"} {
		if !(Username{Name: name, Key: name}).reserved() {
			t.Errorf("%q is not reserved", name)
		}
	}
	for _, name := range []string{"ada", "admin1", "badminton"} {
		if (Username{Name: name, Key: name}).reserved() {
			t.Errorf("%q is reserved", name)
		}
	}
}
