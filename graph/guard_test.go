package graph

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/gqlerror"
)

func TestGuardRefusesWhatIsOutOfBounds(t *testing.T) {
	nested := func(levels int) string {
		return "{ " + strings.Repeat("me { ", levels) + "id" + strings.Repeat(" }", levels) + " }"
	}
	aliases := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: __typename ", i)
		}
		return b.String()
	}
	const tokensAround = 12 // beside the numbers of the list
	tokens := func(n int) string { return "{ me(a: [" + strings.Repeat("1 ", n-tokensAround) + "]) { id } }" }
	// Each fragment spreads the next one three times: 3^24 selections in a few hundred bytes.
	bomb := func(levels int) string {
		var b strings.Builder
		b.WriteString("{ ...F0 }")
		for i := range levels {
			fmt.Fprintf(&b, " fragment F%d on Query { ...F%d ...F%d ...F%d }", i, i+1, i+1, i+1)
		}
		fmt.Fprintf(&b, " fragment F%d on Query { __typename }", levels)
		return b.String()
	}

	for name, test := range map[string]struct {
		document string
		code     string // empty: let through
	}{
		"a small query":                    {"{ me { id } }", ""},
		"the deepest that is let through":  {nested(maxDepth - 1), ""},
		"one level deeper":                 {nested(maxDepth), codeTooComplex},
		"many levels by inline fragments":  {"{ " + strings.Repeat("... { ", 200) + "me { id }" + strings.Repeat(" }", 200) + " }", ""},
		"as many root fields as may be":    {"{ " + strings.Repeat("__typename ", maxRootFields) + "}", ""},
		"one root field more":              {"{ " + strings.Repeat("__typename ", maxRootFields+1) + "}", codeTooComplex},
		"as many mutations as may be":      {"mutation { " + strings.Repeat("logout { errors { code } } ", maxMutations) + "}", ""},
		"one mutation more":                {"mutation { " + strings.Repeat("logout { errors { code } } ", maxMutations+1) + "}", codeTooComplex},
		"half a character in a literal":    {`{ me(a: "\ud83d") { id } }`, codeBadInput},
		"NUL in a default":                 {`query($x: I = {a: "\u0000"}) { me(a: $x) { id } }`, codeBadInput},
		"root fields within a fragment":    {"{ ...F } fragment F on Query { " + strings.Repeat("me { id } ", maxRootFields+1) + "}", codeTooComplex},
		"as many aliases as may be":        {"{ me { " + aliases(maxAliases) + "} }", ""},
		"one alias more":                   {"{ me { " + aliases(maxAliases+1) + "} }", codeTooComplex},
		"aliases by way of fragments":      {"{ me { ...F ...F } } fragment F on User { " + aliases(maxAliases/2+1) + "}", codeTooComplex},
		"as wide as may be":                {"{ me { " + strings.Repeat("id ", maxSelections-1) + "} }", ""}, // me is one of them
		"one selection wider":              {"{ me { " + strings.Repeat("id ", maxSelections) + "} }", codeTooComplex},
		"very wide":                        {"{ me { " + strings.Repeat("id ", maxSelections+1) + "} }", codeTooComplex},
		"as many tokens as may be":         {tokens(maxTokens), ""},
		"one token more":                   {tokens(maxTokens + 1), codeTooComplex},
		"too many tokens":                  {"{ me { " + strings.Repeat("id ", maxTokens) + "} }", codeTooComplex},
		"as many bytes as may be":          {"{ me { id } } #" + strings.Repeat("x", maxDocument-15), ""},
		"one byte more":                    {"{ me { id } } #" + strings.Repeat("x", maxDocument-14), codeTooComplex},
		"too many bytes":                   {"{ me { id } } #" + strings.Repeat("x", maxDocument), codeTooComplex},
		"a fragment bomb":                  {bomb(24), codeTooComplex},
		"a fragment bomb nobody uses":      {"{ me { id } } " + strings.TrimPrefix(bomb(24), "{ ...F0 }"), codeTooComplex},
		"a fragment that spreads itself":   {"{ ...F } fragment F on Query { ...F }", codeBadInput},
		"two that spread each other":       {"{ ...F } fragment F on Query { me { ...G } } fragment G on User { ...F }", codeBadInput},
		"a cycle that nobody uses":         {"{ me { id } } fragment F on Query { ...F }", codeBadInput},
		"many directives":                  {"{ me " + strings.Repeat("@skip(if: false) ", 300) + "{ id } }", codeTooComplex},
		"introspection":                    {"{ __schema { types { name } } }", codeBadInput},
		"introspection in a fragment":      {"{ ...F } fragment F on Query { x: __type(name: \"User\") { name } }", codeBadInput},
		"NUL in a literal":                 {`{ me(a: [{b: "x\u0000"}]) { id } }`, codeBadInput},
		"NUL in a directive":               {`{ me @x(a: "\u0000") { id } }`, codeBadInput},
		"NUL in a directive of a spread":   {`{ ...F @x(a: "\u0000") } fragment F on Query { __typename }`, codeBadInput},
		"NUL in one of an inline fragment": {`{ ... @x(a: "\u0000") { __typename } }`, codeBadInput},
		"NUL in one of a fragment":         {`{ ...F } fragment F on Query @x(a: "\u0000") { __typename }`, codeBadInput},
		"NUL in one of an operation":       {`query @x(a: "\u0000") { __typename }`, codeBadInput},
		"no document":                      {"", ""}, // left to validation
	} {
		t.Run(name, func(t *testing.T) {
			if got := guardCode(test.document); got != test.code {
				t.Errorf("got the code %q, want %q", got, test.code)
			}
			// Reading maxTokens takes some thousands of allocations; what a hostile document unfolds to, millions.
			if got := testing.AllocsPerRun(1, func() { _, _ = guard(test.document, false) }); got > 10*maxTokens {
				t.Errorf("got %v allocations, want at most %d", got, 10*maxTokens)
			}
		})
	}
}

func guardCode(document string) string {
	_, err := guard(document, false)
	return codeOf(err)
}

func codeOf(err *gqlerror.Error) string {
	if err == nil {
		return ""
	}
	return err.Extensions["code"].(string)
}

func TestGuardLetsTheIntrospectionOfToolsThrough(t *testing.T) {
	document, err := os.ReadFile("testdata/introspection.graphql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := guard(string(document), true); err != nil {
		t.Error(err)
	}
}

func FuzzGuard(f *testing.F) {
	for _, seed := range []string{"{ me { id } }", "{ ...F } fragment F on Query { ...F }", "query($a: Int = 1) { a(b: {c: [1, \"\\u0000\"]}) @d }", "{", "subscription { x }"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		if _, err := guard(document, false); err != nil && (err.Message == "" || codeOf(err) == "") {
			t.Errorf("an error without message or code: %v", err)
		}
	})
}

func FuzzLoneSurrogate(f *testing.F) {
	for _, seed := range []string{`"\ud83d\ude00"`, `"\ud83d"`, `"\\ud83d"`, `"\ude00\ud83d"`, `"\u00e9\\\ud83dx"`, `\`, `\u`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, body []byte) { hasLoneSurrogate(body) })
}

func TestHasLoneSurrogate(t *testing.T) {
	for text, want := range map[string]bool{
		`"\ud83d\ude00"`: false, `"\uD83D\uDE00 \ud83d\ude00"`: false, `"\\ud83d"`: false, `"é\n\u00e9"`: false,
		`"\ud83d"`: true, `"\ude00"`: true, `"\ud83dx"`: true, `"\ud83d\ud83d\ude00"`: true, `"\\\ud83d"`: true, `"\ud83d\n"`: true,
	} {
		if got := hasLoneSurrogate([]byte(text)); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}
