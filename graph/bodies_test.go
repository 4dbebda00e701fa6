package graph

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// send sends a body to a handler without a service, and returns the answer.
func send(h http.Handler, body string) string {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body)) //nolint:noctx // nothing is waited for
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Body.String()
}

func TestABodyIsReadOnce(t *testing.T) {
	for _, body := range []string{
		`{"query":"{ __typename }"}`,
		`{"operationName":"B","variables":{},"query":"query A { a: __typename } query B { __typename }"}`,
		` { "variables" : null, "extensions": {}, "query" : "\u007b __typename }" } `,
	} {
		h, kept := keeping(t)
		for range 3 {
			if got := send(h, body); got != `{"data":{"__typename":"Query"}}` {
				t.Errorf("%s answers %s", body, got)
			}
		}
		if _, ok := kept.lookupBody([]byte(body)); !ok || len(kept.byBody) != 1 {
			t.Errorf("%d bodies are kept, want %s", len(kept.byBody), body)
		}
	}
}

func TestABodyThatSaysMoreIsNotKept(t *testing.T) {
	for name, body := range map[string]string{
		"variables":         `{"query":"query Q($a: Boolean!) { __typename @include(if: $a) }","variables":{"a":true}}`,
		"unused variables":  `{"query":"{ __typename }","variables":{"password":"hunter2"}}`,
		"extensions":        `{"query":"{ __typename }","extensions":{"key":"hunter2"}}`,
		"another name":      `{"query":"{ __typename }","password":"hunter2"}`,
		"a name in another": `{"query":"{ __typename }","Variables":{}}`,
		"a name twice":      `{"query":"hunter2","query":"{ __typename }"}`,
		"an escaped name":   `{"query":"hunter2","\u0071uery":"{ __typename }"}`,
		"a long blank":      `{"query":"{ __typename }"` + strings.Repeat(" ", longestBody) + `}`,
		"a string":          `{"query":"{ __typename @include(if: \"hunter2\") }"}`,
		"an invalid query":  `{"query":"{ nobody }"}`,
		"no operation":      `{"query":"query A { __typename } query B { __typename }"}`,
		"no UTF-8":          "{\"query\":\"{ __typename }\",\"operationName\":\"\xff\"}",
		"half a character":  `{"query":"{ __typename }","operationName":"\ud800"}`,
		"something after":   `{"query":"{ __typename }"}{}`,
		"nothing":           ``,
	} {
		t.Run(name, func(t *testing.T) {
			h, kept := keeping(t)
			first := send(h, body)
			if second := send(h, body); second != first {
				t.Errorf("got %s the second time, want %s", second, first)
			}
			if len(kept.byBody) != 0 {
				t.Errorf("got %d bodies kept, want none", len(kept.byBody))
			}
		})
	}
}

func TestAnotherBodyTakesThePlaceOfTheOneBefore(t *testing.T) {
	h, kept := keeping(t)
	for i := range 10 {
		send(h, `{"query":"{ __typename }"`+strings.Repeat(" ", i)+`}`)
	}
	want := len("{ __typename }") + documentPadding + len(`{"query":"{ __typename }"}`) + 9
	if len(kept.byBody) != 1 || len(kept.byText) != 1 || kept.size != want {
		t.Errorf("%d bodies of %d documents are kept, counted as %d, want one of each and %d", len(kept.byBody), len(kept.byText), kept.size, want)
	}
}

func TestBodiesAreBounded(t *testing.T) {
	h, kept := keeping(t)
	for i := range 200 {
		send(h, fmt.Sprintf(`{"query":"{ a%d: __typename }"%s}`, i, strings.Repeat(" ", 2000)))
	}
	size := 0
	for body, element := range kept.byBody {
		document := element.Value.(*keptDocument)
		if document.body != body || kept.byText[document.text] != element {
			t.Fatal("a body belongs to another document")
		}
		size += len(body) + len(document.text) + documentPadding
	}
	if kept.size > keptDocuments || size != kept.size || len(kept.byBody) != kept.recent.Len() || len(kept.byBody) < 50 {
		t.Errorf("%d bodies of %d bytes are kept, counted as %d of %d", len(kept.byBody), size, kept.recent.Len(), kept.size)
	}
}

// inParts is a body whose end comes by itself, as it may over HTTP/2.
type inParts struct {
	*strings.Reader
	ended bool
}

// Read implements io.Reader.
func (p *inParts) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.ended = p.ended || errors.Is(err, io.EOF)
	return n, err
}

func TestABodyIsReadToItsEnd(t *testing.T) {
	const body = `{"query":"{ __typename }"}`
	for name, c := range map[string]struct {
		announced int64
		want      string
		ended     bool
	}{
		"as long as announced":   {int64(len(body)), `"Query"`, true},
		"shorter than announced": {int64(len(body)) + 1, "The request ended before its body was complete.", true},
		"longer than announced":  {int64(len(body)) - 1, "The request is longer than its Content-Length.", false},
		"of no announced length": {-1, `"Query"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			h, _ := keeping(t)
			sent := &inParts{Reader: strings.NewReader(body)}
			r := httptest.NewRequest(http.MethodPost, "/graphql", sent) //nolint:noctx // nothing is waited for
			r.Header.Set("Content-Type", "application/json")
			r.ContentLength = c.announced
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if !strings.Contains(w.Body.String(), c.want) || sent.ended != c.ended {
				t.Errorf("read to its end: %v, and the answer is %s, want %v and %s", sent.ended, w.Body, c.ended, c.want)
			}
		})
	}
}
