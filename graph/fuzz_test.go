package graph_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

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
	handler := graph.NewHandler(world, slog.New(slog.DiscardHandler), graph.Options{})

	f.Fuzz(func(t *testing.T, body []byte) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", strings.NewReader(string(body)))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		begun := time.Now()
		handler.ServeHTTP(recorder, request)

		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it took %v", took)
		}
		if status := recorder.Code; status != 200 && (status < 400 || status > 415) {
			t.Errorf("the status is %d", status)
		}
		if !json.Valid(recorder.Body.Bytes()) {
			t.Error("the answer is no JSON")
		}
		if len(recorder.Body.Bytes()) > 20_000+4*len(body) {
			t.Errorf("%d bytes are answered to %d", recorder.Body.Len(), len(body))
		}
	})
}
