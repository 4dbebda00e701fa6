package graph_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// maxAllocated is what a small request may allocate, in bytes: for some operations, each with a hash.
const maxAllocated = 8 << 20

// FuzzBody sends anything as the body of a request: the answer is always JSON of an ordinary status,
// not much longer than the question, and nothing breaks.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"query": "{ authConfig { registration } }"}`,
		`{"query": "query($x: [String!]! = [\"a\"], $r: Role) { __typename }", "variables": {"x": [null, 1, {"a": []}], "r": 7}}`,
		`{"query": "mutation($i: LoginInput!) { login(input: $i) { errors { code } } }", "variables": {"i": {"email": null, "password": [], "x": 1e999}}}`,
		`{"query": "mutation($i: LoginInput!) { login(input: $i) { errors { code } } }", "variables": {"i": [{"password": "p"}]}}`,
		`{"query": "subscription { x }", "operationName": "A", "extensions": {"persistedQuery": {}}}`,
		`[{"query": "{__typename}"}]`, `{"query": "{ a(b: \"\ud83d\") }"}`, "\xff", `{"query": "{ ...F } fragment F on Query { __typename @skip(if: true) }"}`,
	} {
		f.Add([]byte(seed))
	}
	world := authtest.New(f, authtest.SQLite(f), authtest.Mandatory)
	handler := graph.NewHandler(world.Service, slog.New(slog.DiscardHandler), graph.Options{})

	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		handler.ServeHTTP(recorder, request)
		runtime.ReadMemStats(&after)

		if got, want := after.TotalAlloc-before.TotalAlloc, uint64(maxAllocated+100*len(body)); got > want {
			t.Errorf("got %d bytes allocated for %d, want at most %d", got, len(body), want)
		}
		if status := recorder.Code; status != 200 && (status < 400 || status > 415) {
			t.Errorf("got the status %d, want 200 or 400 to 415", status)
		}
		if !json.Valid(recorder.Body.Bytes()) {
			t.Error("got an answer that is not JSON")
		}
		if got, want := recorder.Body.Len(), 20_000+4*len(body); got > want {
			t.Errorf("got an answer of %d bytes to %d, want at most %d", got, len(body), want)
		}
	})
}
