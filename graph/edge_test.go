package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
)

// ask sends a document with variables.
func ask(t *testing.T, url, document, variables string) string {
	t.Helper()
	return exchange{body: fmt.Sprintf(`{"query": %q, "variables": %s}`, document, variables), contentType: asJSON}.do(t, url).body
}

const loginWith = `(input: {email: "ada@example.com", password: "correct horse battery", delivery: $d}) { errors { code } } }`

func TestTheValuesOfAnEnumAreThoseOfTheSchema(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{})
	const input = `mutation ($i: LoginInput!) { login(input: $i) { errors { code } } }`
	object := func(delivery string) string {
		return `{"i": {"email": "ada@example.com", "password": "correct horse battery", "delivery": ` + delivery + `}}`
	}
	const refused, checked = `"code":"BAD_USER_INPUT"`, `"data":{"login":`
	for name, c := range map[string]struct{ document, variables, want string }{
		"a variable":                      {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": "COOKIE"}`, checked},
		"small letters":                   {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": "cookie"}`, refused},
		"another word":                    {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": "COOKIES"}`, refused},
		"a number":                        {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": 1}`, refused},
		"small letters in an object":      {input, object(`"cookie"`), refused},
		"a number in an object":           {input, object(`1`), refused},
		"a default in small letters":      {`mutation ($d: TokenDelivery! = cookie) { login` + loginWith, `{}`, refused},
		"a literal in small letters":      {`mutation { login` + strings.Replace(loginWith, "$d", "cookie", 1), `{}`, refused},
		"a text as a literal":             {`mutation { login` + strings.Replace(loginWith, "$d", `"COOKIE"`, 1), `{}`, refused},
		"a list of one":                   {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": ["COOKIE"]}`, refused},
		"null means the default":          {input, object(`null`), checked},
		"an empty text means the default": {input, object(`""`), checked},
		"null in a variable":              {`mutation ($d: TokenDelivery) { login` + loginWith, `{"d": null}`, checked},
		"an empty text in a variable":     {`mutation ($d: TokenDelivery) { login` + loginWith, `{"d": ""}`, checked},
		"empty where it is required":      {`mutation ($d: TokenDelivery!) { login` + loginWith, `{"d": ""}`, refused},
		"null with a default of its own":  {`mutation ($d: TokenDelivery! = COOKIE) { login` + loginWith, `{"d": null}`, checked},
		"null for a flag":                 {`query ($f: Boolean = true) { authConfig @include(if: $f) { registration } }`, `{"f": null}`, `"OPEN"`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(t, url, c.document, c.variables); !strings.Contains(got, c.want) {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestPersistedQueriesFallBack(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{})
	const hashed = `"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}`
	const want = `{"errors":[{"message":"PersistedQueryNotSupported","extensions":{"code":"PERSISTED_QUERY_NOT_SUPPORTED"}}]}`
	for name, body := range map[string]string{
		"no query":       `{"operationName": "Me", "variables": {}, ` + hashed + `}`,
		"an empty query": `{"query": "", ` + hashed + `}`,
		"query is null":  `{"query": null, ` + hashed + `}`,
	} {
		for accept, status := range map[string]int{asJSON: http.StatusOK, asResponse: http.StatusBadRequest} {
			if got := (exchange{body: body, contentType: asJSON, accept: accept}).do(t, url); got.body != want || got.status != status {
				t.Errorf("%s, accepting %s: got %d %s, want %d %s", name, accept, got.status, got.body, status, want)
			}
		}
	}
	inURL := url + "?extensions=%7B%22persistedQuery%22%3A%7B%22version%22%3A1%7D%7D"
	if got := (exchange{method: http.MethodGet}).do(t, inURL); got.body != want || got.status != http.StatusOK {
		t.Errorf("by GET: got %d %s, want 200 %s", got.status, got.body, want)
	}
	if got := (exchange{body: `{"query": "{ __typename }", ` + hashed + `}`, contentType: asJSON}).do(t, url); got.body != `{"data":{"__typename":"Query"}}` {
		t.Errorf("with the query: got %s, want it answered", got.body)
	}
}

func TestFieldsOfOneNameMustHaveTheSameArguments(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{})
	const conflict, merged = "differ in what they ask for", "UNAUTHENTICATED"
	revoke := func(id string) string { return `revokeSession(input: {id: "` + id + `"}) { errors { code } } ` }
	for name, c := range map[string]struct{ document, want string }{
		"members that differ":            {"mutation { " + revoke("a") + revoke("b") + "}", conflict},
		"in a fragment":                  {"mutation { " + revoke("a") + "...F } fragment F on Mutation { " + revoke("b") + "}", conflict},
		"in an inline fragment":          {"mutation { ... { " + revoke("a") + "} " + revoke("b") + "}", conflict},
		"by an alias":                    {`mutation { logoutAll(input: {keepCurrent: true}) { endedCount } logoutAll: logoutAll(input: {keepCurrent: false}) { endedCount } }`, conflict},
		"a variable and a value":         {`mutation ($a: ID!) { revokeSession(input: {id: $a}) { errors { code } } ` + revoke("a") + "}", conflict},
		"a member more":                  {`{ checkPassword(input: {password: "a"}) { accepted } checkPassword(input: {password: "a", email: "b"}) { accepted } }`, conflict},
		"the same":                       {"mutation { " + revoke("a") + revoke("a") + "}", merged},
		"the same in another order":      {`mutation { reauthenticate(input: {password: "a", code: "b"}) { errors { code } } reauthenticate(input: {code: "b", password: "a"}) { errors { code } } }`, merged},
		"another alias":                  {"mutation { " + revoke("a") + "b: " + revoke("b") + "}", merged},
		"deep in a profile that differs": {`mutation { updateProfile(input: {profile: {a: [{b: 1}]}}) { errors { code } } updateProfile(input: {profile: {a: [{b: 2}]}}) { errors { code } } }`, conflict},
	} {
		if got := ask(t, url, c.document, "{}"); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func TestNothingIsSuggestedInProduction(t *testing.T) {
	for _, introspection := range []bool{false, true} {
		url, _, _ := endpoint(t, graph.Options{Introspection: introspection})
		suggested := 0
		for _, document := range []string{
			`{ mee { id } }`, `{ me }`, `mutation { login(inputs: {password: "x"}) { errors { code } } }`, `{ authConfig @include(iff: true) { registration } }`,
			`query ($i: LogInput!) { __typename }`, `mutation { login(input: {passwort: "x"}) { errors { code } } }`, `mutation { login(input: {password: "x", delivery: COOKY}) { errors { code } } }`,
			`{ authConfig { registrations } }`, `{ authConfig @includes(if: true) { registration } }`, `{ ...F } fragment F on Quary { __typename }`,
		} {
			got := ask(t, url, document, "{}")
			if !strings.Contains(got, "BAD_USER_INPUT") {
				t.Errorf("%s: got %s, want BAD_USER_INPUT", document, got)
			}
			if strings.Contains(got, "Did you mean") {
				suggested++
			}
		}
		if introspection != (suggested > 0) {
			t.Errorf("with introspection %v: got %d suggestions", introspection, suggested)
		}
	}
}

func TestDeferIsNotAdvertised(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{Introspection: true})
	if got := ask(t, url, "{ __schema { directives { name } } }", "{}"); strings.Contains(got, `"defer"`) || !strings.Contains(got, `"skip"`) {
		t.Errorf("got %s, want skip and no defer", got)
	}
	if got := ask(t, url, "{ ... @defer { authConfig { registration } } }", "{}"); !strings.Contains(got, "BAD_USER_INPUT") {
		t.Errorf("got %s, want BAD_USER_INPUT", got)
	}
}

// TestErrorsOfADocumentAreBounded has fifteen faults in one document.
func TestErrorsOfADocumentAreBounded(t *testing.T) {
	url, _, _ := endpoint(t, graph.Options{})
	for _, faults := range []int{9, 10, 11, 15} {
		got := ask(t, url, "{ "+strings.Repeat("unknown ", faults)+"}", "{}")
		if n := strings.Count(got, `"message"`); n != min(faults, 10) {
			t.Errorf("%d faults: got %d errors, want %d", faults, n, min(faults, 10))
		}
	}
}

// TestNoErrorRepeatsAVariable puts a secret in every place of the variables where it does not belong.
func TestNoErrorRepeatsAVariable(t *testing.T) {
	url, _, log := endpoint(t, graph.Options{Introspection: true})
	const canary = "hunter2secret"
	const (
		input  = `mutation ($v: LoginInput!) { login(input: $v) { errors { code } } }`
		enum   = `mutation ($v: TokenDelivery!) { login(input: {email: "a@b.example", password: "x", delivery: $v}) { errors { code } } }`
		flag   = `query ($v: Boolean!) { authConfig @include(if: $v) { registration } }`
		number = `query ($v: Int!) { authConfig(x: $v) { registration } }`
	)
	for document, values := range map[string][]string{
		input: {
			`"%s"`, `["%s"]`, `{"delivery": "%s"}`, `{"email": "a@b.example", "password": "x", "delivery": "%s"}`,
			`{"email": "a@b.example", "password": "x", "delivery": ["%s"]}`, `{"email": {"x": "%s"}, "password": "x"}`, `{"email": ["%s"], "password": "x"}`,
			`{"email": "a@b.example", "password": ["%s"]}`, `{"email": "a@b.example", "password": {"%s": 1}}`,
		},
		enum:   {`"%s"`, `["%s"]`, `{"x": "%s"}`},
		flag:   {`"%s"`, `["%s"]`, `{"x": "%s"}`},
		number: {`"%s"`, `["%s"]`, `{"x": "%s"}`},
	} {
		for _, value := range values {
			got := ask(t, url, document, `{"v": `+strings.ReplaceAll(value, "%s", canary)+`}`)
			if strings.Contains(got, canary) || !strings.Contains(got, `"code":"BAD_USER_INPUT"`) {
				t.Errorf("%s with %s: got %s, want BAD_USER_INPUT without the value", document, value, got)
			}
		}
	}
	if strings.Contains(log.String(), canary) {
		t.Error("the log has a value, want none")
	}
}
