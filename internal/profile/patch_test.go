package profile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

func TestParsePatch(t *testing.T) {
	t.Parallel()
	const marker = "Zanzibar" // no error repeats it
	patch, err := profile.ParsePatch([]byte(` {"a": [1, -9223372036854775808, 0.5, 1e3, 100000000000000000000, null, true], "b": {"c": "d"}} `))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": []any{int64(1), int64(-9223372036854775808), 0.5, 1e3, 1e20, nil, true}, "b": map[string]any{"c": "d"}}
	if diff := cmp.Diff(want, patch); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		"", " ", marker, "null", "[]", `"` + marker + `"`, "1", "{", `{"` + marker, `{"a": 1}{"a": 2}`, `{"a": 1} ` + marker, "{\"a\": \"\xff\"}",
		`{"a": 1e400}`, `{"a": [9223372036854775809]}`, `{"a": 1e999999999}`, `{"a": {"b": 99999999999999999999}}`, strings.Repeat(`{"a":`, 100_000),
	} {
		if patch, err := profile.ParsePatch([]byte(bad)); err == nil || patch != nil {
			t.Errorf("%.30q is accepted", bad)
		} else if strings.Contains(err.Error(), marker) {
			t.Errorf("the error about %.30q repeats what was given", bad)
		}
	}
}
