package graph_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// audience is an observer that remembers the last operation.
type audience struct{ told string }

type audienceKey struct{}

func (a *audience) OperationBegun(ctx context.Context) (context.Context, graph.OperationEnded) {
	return context.WithValue(ctx, audienceKey{}, true), func(kind string, fields, codes []string) {
		a.told += fmt.Sprintf("%s %q %q", kind, fields, codes)
	}
}

// inContext is a service that looks at the context that it is called in, and may panic.
type inContext struct {
	graph.Service
	t      *testing.T
	broken bool
}

func (s *inContext) Login(ctx context.Context, in auth.LoginInput) (*auth.Grant, error) {
	if s.broken {
		panic("login")
	}
	if ctx.Value(audienceKey{}) == nil {
		s.t.Error("the operation is not run in the observer's context")
	}
	return s.Service.Login(ctx, in)
}

func TestTheObserverIsToldOfOperations(t *testing.T) {
	watching := &audience{}
	service := &inContext{Service: authtest.New(t, authtest.SQLite(t), authtest.Mandatory).Service, t: t}
	handler := graph.NewHandler(service, slog.New(slog.DiscardHandler), graph.Options{Observers: []graph.Observer{watching}})
	report := &auth.Report{}
	ask := func(method, body string) {
		watching.told = ""
		r := httptest.NewRequestWithContext(auth.WithReport(t.Context(), report), method, "/graphql", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}

	for _, c := range []struct{ what, body, want, operation, outcome string }{
		{"one that goes well", `{authConfig{registration}}`, `query ["authConfig"] []`, "authConfig", "ok"},
		{"by the names of the schema", `query Secret { hidden: authConfig { registration } again: authConfig { registration } }`, `query ["authConfig"] []`, "authConfig", "ok"},
		{"in fragments, with what is in none", `query { ...A ... { __typename } } fragment A on Query { authConfig { registration } me { id } }`, `query ["authConfig" "me" "__typename"] ["UNAUTHENTICATED"]`, "authConfig,me,__typename", "UNAUTHENTICATED"},
		{
			"problems", `mutation { a: login(input: {email: \"ada@lovelace.example\", password: \"wrong horse\"}) { errors { code } } b: login(input: {email: \"\", password: \"x\"}) { __typename } resetPassword(input: {token: \"x\", newPassword: \"short\"}) { __typename } }`,
			`mutation ["login" "resetPassword"] ["INVALID_CREDENTIALS" "REQUIRED" "TOKEN_INVALID"]`, "login,resetPassword", "INVALID_CREDENTIALS,REQUIRED,TOKEN_INVALID",
		},
		{"a field that there is not", `{hunter2}`, ` [] ["BAD_USER_INPUT"]`, "", "BAD_USER_INPUT"},
		{"too much", `{` + strings.Repeat(" authConfig { registration }", 21) + `}`, ` [] ["QUERY_TOO_COMPLEX"]`, "", "QUERY_TOO_COMPLEX"},
		{"a syntax error", `{`, ` [] ["BAD_USER_INPUT"]`, "", "BAD_USER_INPUT"},
	} {
		ask(http.MethodPost, `{"query": "`+c.body+`"}`)
		operation, outcome := report.Operation()
		if watching.told != c.want || operation != c.operation || outcome != c.outcome {
			t.Errorf("%s: the observer was told %s, the report %q, %q", c.what, watching.told, operation, outcome)
		}
	}

	const refused = ` [] ["BAD_USER_INPUT"]`
	if ask(http.MethodGet, ""); watching.told != refused {
		t.Errorf("of a GET the observer was told %s", watching.told)
	}
	if ask(http.MethodPost, "no JSON"); watching.told != refused {
		t.Errorf("of a bad body the observer was told %s", watching.told)
	}
	service.broken = true
	ask(http.MethodPost, `{"query": "mutation { login(input: {email: \"ada@lovelace.example\", password: \"x\"}) { __typename } }"}`)
	if watching.told != `mutation ["login"] ["INTERNAL"]` {
		t.Errorf("of a panic the observer was told %s", watching.told)
	}
}
