package graph_test

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

const (
	asJSON     = "application/json"
	asResponse = "application/graphql-response+json"
)

// TestGraphQLOverHTTP holds the endpoint to the GraphQL-over-HTTP specification.
func TestGraphQLOverHTTP(t *testing.T) {
	url, _, log := endpoint(t, graph.Options{})
	ok := `{"query": "{ authConfig { registration } }"}`
	big := `{"query": "{ __typename }", "variables": {"password": "` + strings.Repeat(canary, 200_000) + `"}}`

	for name, test := range map[string]struct {
		exchange
		status int
		media  string
		code   string // of the first error; empty: none
	}{
		"a query":                               {exchange{body: ok, contentType: asJSON}, 200, asJSON, ""},
		"UTF-8 is named":                        {exchange{body: ok, contentType: "application/json; charset=UTF-8"}, 200, asJSON, ""},
		"the new type is asked for":             {exchange{body: ok, contentType: asJSON, accept: asResponse}, 200, asResponse, ""},
		"anything is accepted":                  {exchange{body: ok, contentType: asJSON, accept: "*/*"}, 200, asJSON, ""},
		"both are accepted":                     {exchange{body: ok, contentType: asJSON, accept: "application/json, application/graphql-response+json"}, 200, asResponse, ""},
		"the old one is preferred":              {exchange{body: ok, contentType: asJSON, accept: "application/graphql-response+json;q=0.5, application/json"}, 200, asJSON, ""},
		"HTML only is accepted":                 {exchange{body: ok, contentType: asJSON, accept: "text/html"}, 406, asJSON, "BAD_USER_INPUT"},
		"nothing is accepted":                   {exchange{body: ok, contentType: asJSON, accept: "application/json;q=0"}, 406, asJSON, "BAD_USER_INPUT"},
		"GET":                                   {exchange{method: http.MethodGet, contentType: asJSON}, 405, asJSON, "BAD_USER_INPUT"},
		"PUT":                                   {exchange{method: http.MethodPut, body: ok, contentType: asJSON}, 405, asJSON, "BAD_USER_INPUT"},
		"no content type":                       {exchange{body: ok}, 415, asJSON, "BAD_USER_INPUT"},
		"a form":                                {exchange{body: "query={__typename}", contentType: "application/x-www-form-urlencoded"}, 415, asJSON, "BAD_USER_INPUT"},
		"plain text, as a forged form sends it": {exchange{body: ok, contentType: "text/plain"}, 415, asJSON, "BAD_USER_INPUT"},
		"Latin-1":                               {exchange{body: ok, contentType: "application/json; charset=iso-8859-1"}, 415, asJSON, "BAD_USER_INPUT"},
		"a compressed body":                     {exchange{body: ok, contentType: asJSON, encoding: "gzip"}, 415, asJSON, "BAD_USER_INPUT"},
		"an empty body":                         {exchange{contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"broken JSON":                           {exchange{body: `{"query": "mutation", "password": "` + canary, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"two objects":                           {exchange{body: ok + ok, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"a batch":                               {exchange{body: "[" + ok + "]", contentType: asJSON, accept: asResponse}, 400, asResponse, "BAD_USER_INPUT"},
		"a string":                              {exchange{body: `"` + canary + `"`, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"no query":                              {exchange{body: `{"variables": {}}`, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"a query that is a number":              {exchange{body: `{"query": 7}`, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"variables that are a string":           {exchange{body: `{"query": "{__typename}", "variables": "` + canary + `"}`, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"null for what may be left out":         {exchange{body: `{"query": "{__typename}", "variables": null, "operationName": null, "extensions": null}`, contentType: asJSON}, 200, asJSON, ""},
		"not UTF-8":                             {exchange{body: "{\"query\": \"{__typename}\", \"variables\": {\"a\": \"" + canary + "\xff\"}}", contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"half a character":                      {exchange{body: `{"query": "{__typename}", "variables": {"a": "` + canary + `\ud83d"}}`, contentType: asJSON}, 400, asJSON, "BAD_USER_INPUT"},
		"a body out of bounds":                  {exchange{body: big, contentType: asJSON}, 413, asJSON, "BAD_USER_INPUT"},
		"a syntax error":                        {exchange{body: `{"query": "{ login(password: \"` + canary + `"}`, contentType: asJSON, accept: asResponse}, 400, asResponse, "BAD_USER_INPUT"},
		"a syntax error, old type":              {exchange{body: `{"query": "{ ` + canary + `( }"}`, contentType: asJSON}, 200, asJSON, "BAD_USER_INPUT"},
		"an unknown field":                      {exchange{body: `{"query": "{ meme }"}`, contentType: asJSON, accept: asResponse}, 400, asResponse, "BAD_USER_INPUT"},
		"an unknown operation":                  {exchange{body: `{"query": "query A { __typename }", "operationName": "B"}`, contentType: asJSON, accept: asResponse}, 400, asResponse, "BAD_USER_INPUT"},
		"several operations and no name":        {exchange{body: `{"query": "query A { __typename } query B { __typename }"}`, contentType: asJSON, accept: asResponse}, 400, asResponse, "BAD_USER_INPUT"},
		"a secret of the wrong type":            {exchange{body: `{"query": "mutation { login(input: {email: \"a@b.example\", password: ` + canary + `}) { errors { code } } }"}`, contentType: asJSON}, 200, asJSON, "BAD_USER_INPUT"},
		"a secret where a name belongs":         {exchange{body: `{"query": "mutation($r: Role) { logout { errors { code } } }", "variables": {"r": "` + canary + `"}}`, contentType: asJSON}, 200, asJSON, "BAD_USER_INPUT"},
		"introspection that is off":             {exchange{body: `{"query": "{ __schema { types { name } } }"}`, contentType: asJSON}, 200, asJSON, "BAD_USER_INPUT"},
		"a field that needs a session":          {exchange{body: `{"query": "{ me { id } }"}`, contentType: asJSON, accept: asResponse}, 401, asResponse, "UNAUTHENTICATED"},
		"only fields that need a session":       {exchange{body: `{"query": "{ me { id } you: me { id } sessions { id } }"}`, contentType: asJSON, accept: asResponse}, 401, asResponse, "UNAUTHENTICATED"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.do(t, url)
			if got.status != test.status {
				t.Errorf("the status is %d, want %d", got.status, test.status)
			}
			if media := got.header.Get("Content-Type"); media != test.media+"; charset=utf-8" {
				t.Errorf("the content type is %q, want %q in UTF-8", media, test.media)
			}
			if control := got.header.Get("Cache-Control"); control != "no-store" {
				t.Errorf("got Cache-Control %q, want no-store", control)
			}
			if test.status == 405 && got.header.Get("Allow") != "POST" {
				t.Error("got a 405 without Allow, want one with it")
			}
			if strings.Contains(got.body, "hunter2") {
				t.Error("the answer repeats what was sent")
			}

			var answer map[string]json.RawMessage
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil {
				t.Fatalf("the answer is no JSON object: %v", err)
			}
			if _, hasData := answer["data"]; hasData != (test.code == "") {
				t.Errorf("got an entry for data: %v, want %v", hasData, !hasData)
			}
			if code := firstCode(t, answer["errors"]); code != test.code {
				t.Errorf("the code is %q, want %q", code, test.code)
			}
		})
	}
	if strings.Contains(log.String(), "hunter2") {
		t.Error("the log has what was sent")
	}
}

func firstCode(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	if raw == nil {
		return ""
	}
	var list []struct {
		Message    string
		Extensions struct{ Code string }
	}
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		t.Fatalf("errors are not a list of errors: %v", err)
	}
	if list[0].Message == "" {
		t.Error("an error has no message")
	}
	return list[0].Extensions.Code
}

func TestAVeryLongPasswordIsAProblemWithAPath(t *testing.T) {
	url, world, _ := endpoint(t, graph.Options{})
	long := strings.Repeat("a", 200<<10)
	for _, field := range []string{"register", "login"} {
		body := `{"query": "mutation($p: String!) { ` + field + `(input: {email: \"ada@example.com\", password: $p}) { errors { code path } } }", "variables": {"p": "` + long + `"}}`
		answer := exchange{body: body, contentType: asJSON}.do(t, url).body
		if want := `{"data":{"` + field + `":{"errors":[{"code":"PASSWORD_TOO_LONG","path":["input","password"]}]}}}`; answer != want {
			t.Errorf("%s: got %.200s, want %s", field, answer, want)
		}
	}
	world.NoLetter(t)
}

func TestAnInternalErrorIsMasked(t *testing.T) {
	db := authtest.SQLite(t)
	log := &strings.Builder{}
	world := authtest.New(t, db, authtest.Mandatory)
	handler := graph.NewHandler(world.Service, slog.New(slog.NewTextHandler(log, nil)), graph.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler.ServeHTTP(w, r.WithContext(auth.WithRequest(r.Context(), auth.Request{ID: "the-request"})))
	}))
	defer server.Close()
	world.Join(t, "ada@example.com", "correct horse battery")
	_, token := world.LogIn(t, "ada@example.com", "correct horse battery")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(`{"query": "{ authConfig { registration } me { id } }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", asJSON)
	request.Header.Set("Authorization", "Bearer "+token.Reveal())
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}

	want := `{"errors":[{"message":"Something went wrong on our side. Try again; if it stays, quote the request id to whoever runs this service.","path":["me"],` +
		`"extensions":{"code":"INTERNAL","requestId":"the-request"}}],"data":{"authConfig":{"registration":"OPEN"},"me":null}}`
	if string(body) != want {
		t.Errorf("the answer is %s", body)
	}
	if response.Header.Get("WWW-Authenticate") != "" {
		t.Error("an outage asks to log in")
	}
	if !strings.Contains(log.String(), "the-request") || !strings.Contains(log.String(), "authenticate: find session") {
		t.Errorf("the log does not say what happened: %s", log)
	}
	if strings.Contains(log.String(), token.Reveal()) {
		t.Error("the log has the token")
	}
}

// TestAForeignOriginIsRefused looks at what becomes of the check of origins, which is not made here.
func TestAForeignOriginIsRefused(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{CheckOrigin: func(r *http.Request) error {
		if r.Header.Get("Accept") == asResponse {
			return errors.New("Pages of other origins may not.") //nolint:revive // it is shown as it is
		}
		return nil
	}})
	query := `{"query": "{ __typename }"}`

	if got := (exchange{body: query, contentType: asJSON}).do(t, url); got.status != http.StatusOK {
		t.Errorf("what passes the check gets %d: %s", got.status, got.body)
	}
	for name, e := range map[string]exchange{
		"a query":         {body: query, contentType: asJSON, accept: asResponse},
		"a form":          {body: "query={__typename}", contentType: "application/x-www-form-urlencoded", accept: asResponse},
		"a body too long": {body: strings.Repeat(" ", 3<<20), contentType: asJSON, accept: asResponse},
	} {
		t.Run(name, func(t *testing.T) {
			got := e.do(t, url)
			const want = `{"errors":[{"message":"Pages of other origins may not.","extensions":{"code":"FORBIDDEN"}}]}`
			if got.status != http.StatusForbidden || got.body != want || !strings.HasPrefix(got.header.Get("Content-Type"), asResponse) {
				t.Errorf("%d %s: %s", got.status, got.header.Get("Content-Type"), got.body)
			}
		})
	}

	t.Run("the body is not read", func(t *testing.T) {
		body := &unread{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", body)
		r.Header.Set("Content-Type", asJSON)
		recorder := httptest.NewRecorder()
		refusing := graph.Options{CheckOrigin: func(*http.Request) error { return errors.New("no") }}
		graph.NewHandler(nil, slog.New(slog.DiscardHandler), refusing).ServeHTTP(recorder, r)
		if recorder.Code != http.StatusForbidden || body.read {
			t.Errorf("status %d, read: %t", recorder.Code, body.read)
		}
	})
}
