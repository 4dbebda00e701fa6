package graph

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// askFor sends a document to a handler without a service, for those that need none, and returns the answer.
func askFor(h http.Handler, query, variables string) string {
	body := fmt.Sprintf(`{"query": %q, "variables": %s}`, query, variables)
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body)) //nolint:noctx // nothing is waited for
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	answer, _ := io.ReadAll(w.Body) // it is in memory
	return string(answer)
}

func keeping(t *testing.T) (*handler, *documents) {
	t.Helper()
	h := NewHandler(nil, slog.New(slog.DiscardHandler), Options{}).(*handler)
	return h, h.documents
}

func TestADocumentIsParsedOnce(t *testing.T) {
	h, kept := keeping(t)
	const query = "query Who($with: Boolean!) { __typename @include(if: $with) }"
	for _, with := range []string{"true", "false", "true"} {
		want := `{"data":{}}`
		if with == "true" {
			want = `{"data":{"__typename":"Query"}}`
		}
		if got := askFor(h, query, `{"with": `+with+`}`); got != want {
			t.Errorf("with %s the answer is %s, want %s", with, got, want)
		}
	}
	if _, ok := kept.Get(t.Context(), query); !ok || kept.recent.Len() != 1 {
		t.Errorf("%d documents are kept, want this one", kept.recent.Len())
	}
	if got := askFor(h, query, `{}`); !strings.Contains(got, "BAD_USER_INPUT") {
		t.Errorf("a kept document without its variables answers %s", got)
	}
}

func TestWhatIsNotToBeKeptIsNot(t *testing.T) {
	for name, query := range map[string]string{
		"a syntax error":                   "{ __typename",
		"a field that is none":             "{ nobody }",
		"introspection that is off":        "{ __schema { types { name } } }",
		"too many root fields":             "{" + strings.Repeat(" __typename", maxRootFields+1) + " }",
		"a password":                       `mutation { logout { errors { code } } login(input: {email: "ada@example.com", password: "correct horse battery"}) { errors { code } } }`,
		"a block string":                   `{ checkPassword(input: {password: """correct horse"""}) { accepted } }`,
		"a string in a fragment":           `query { ...F } fragment F on Query { checkPassword(input: {password: "correct horse"}) { accepted } }`,
		"a string in an inline fragment":   `{ ... on Query { checkPassword(input: {password: "correct horse"}) { accepted } } }`,
		"a string as a default":            `query ($p: String! = "correct horse") { checkPassword(input: {password: $p}) { accepted } }`,
		"a string in an object's default":  `query ($i: CheckPasswordInput! = {password: "correct horse"}) { checkPassword(input: $i) { accepted } }`,
		"a number for a profile":           `mutation { updateProfile(input: {profile: 123456789}) { errors { code } } }`,
		"a name for a profile":             `mutation { updateProfile(input: {profile: hunter2}) { errors { code } } }`,
		"a list for a profile":             `mutation { updateProfile(input: {profile: [true]}) { errors { code } } }`,
		"a profile":                        `mutation { updateProfile(input: {profile: {ssn: 123456789}}) { errors { code } } }`,
		"a profile with a telling name":    `mutation { updateProfile(input: {profile: {hunter2: true}}) { errors { code } } }`,
		"a profile as a default":           `mutation ($p: JSONObject = {hunter2: true}) { updateProfile(input: {profile: $p}) { errors { code } } }`,
		"a profile in an object's default": `mutation ($i: UpdateProfileInput! = {profile: {hunter2: true}}) { updateProfile(input: $i) { errors { code } } }`,
		"a long one":                       "{ __typename " + strings.Repeat(" ", longestKept) + "}",
	} {
		t.Run(name, func(t *testing.T) {
			h, kept := keeping(t)
			ctx := graphql.StartOperationTrace(t.Context())
			for range 2 { // the second time, what was kept by mistake would be found
				_, _ = h.prepare(ctx, &request{query: query}) // some are refused, and some are not
			}
			if kept.recent.Len() != 0 {
				t.Errorf("got %d documents kept, want none", kept.recent.Len())
			}
		})
	}
}

func TestDocumentsOfNamesOfTheSchemaAreKept(t *testing.T) {
	for name, query := range map[string]string{
		"an input with variables": `query ($p: String!) { checkPassword(input: {password: $p}) { accepted } }`,
		"a name of an enum":       `mutation ($i: String!, $p: String!) { login(input: {email: $i, password: $p, delivery: COOKIE}) { errors { code } } }`,
		"true as a default":       `query ($a: Boolean = true) { __typename @include(if: $a) }`,
		"null":                    `mutation { updateProfile(input: {profile: null}) { errors { code } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			h, kept := keeping(t)
			_, list := h.prepare(graphql.StartOperationTrace(t.Context()), &request{query: query, variables: []byte(`{"i": "", "p": ""}`)})
			if kept.recent.Len() != 1 {
				t.Errorf("got %d documents kept, want 1: %v", kept.recent.Len(), list)
			}
		})
	}
}

func TestWhatIsTooLongToBeKeptIsNotLookedUp(t *testing.T) {
	_, kept := keeping(t)
	kept.mu.Lock() // for which what looks something up waits
	defer kept.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		kept.lookupBody(make([]byte, longestBody+1))
		kept.Get(t.Context(), strings.Repeat(" ", longestKept+1))
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Error("a long body is hashed while all others wait")
	}
}

func TestDocumentsAreBounded(t *testing.T) {
	kept := newDocuments()
	text := func(i int) string { return fmt.Sprintf("query Q%d { __typename }", i) }
	add := func(i int) {
		parsed, err := parser.ParseQuery(&ast.Source{Input: text(i)})
		if err != nil {
			t.Fatal(err)
		}
		kept.Add(t.Context(), text(i), parsed)
	}
	add(0)
	for i := 1; i < 5000; i++ {
		add(i)
		if _, ok := kept.Get(t.Context(), text(0)); !ok {
			t.Fatalf("got nothing for the document in use after %d others, want it kept", i)
		}
	}
	size := 0
	for text := range kept.byText {
		size += len(text) + documentPadding
	}
	if size != kept.size || size > keptDocuments || len(kept.byText) != kept.recent.Len() || len(kept.byText) < 500 {
		t.Errorf("%d documents of %d bytes are kept, counted as %d of %d", len(kept.byText), size, kept.recent.Len(), kept.size)
	}
	if _, ok := kept.Get(t.Context(), text(1)); ok {
		t.Error("got the oldest document, want it dropped")
	}
}

func TestManyMayAskForTheSameAtOnce(t *testing.T) {
	h, kept := keeping(t)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 50 {
				if got := askFor(h, fmt.Sprintf("query Q%d { __typename }", i), "{}"); got != `{"data":{"__typename":"Query"}}` {
					t.Errorf("the answer is %s", got)
				}
			}
		})
	}
	group.Wait()
	if kept.recent.Len() != 50 {
		t.Errorf("%d documents are kept, want 50", kept.recent.Len())
	}
}
