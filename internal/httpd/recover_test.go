package httpd_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestPanics(t *testing.T) {
	t.Parallel()
	panics := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "3")
		w.Header().Set("Set-Cookie", "half=done")
		panic("the password is " + password)
	}
	withPanic := func(c *httpd.Config) {
		c.GraphQL = http.HandlerFunc(panics)
		c.Accounts = nil // a call through it panics
	}

	t.Run("under GraphQL is answered in its form", func(t *testing.T) {
		for accept, mediaType := range map[string]string{
			"":                 "application/json; charset=utf-8",
			"application/json": "application/json; charset=utf-8",
			"application/graphql-response+json, application/json;q=0.9": "application/graphql-response+json; charset=utf-8",
		} {
			w := start(t, withPanic)
			r := w.request(http.MethodPost, "/graphql", "")
			r.Header.Set("Accept", accept)
			got := w.do(r)
			wantStatus(t, got, http.StatusInternalServerError)
			if got.header.Get("Content-Type") != mediaType || got.header.Get("Set-Cookie") != "" {
				t.Errorf("headers: %v", got.header)
			}
			var answer struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code, RequestID string }
				}
			}
			if err := json.Unmarshal([]byte(got.body), &answer); err != nil || len(answer.Errors) != 1 {
				t.Fatalf("%v in %s", err, got.body)
			}
			e := answer.Errors[0]
			if e.Message == "" || e.Extensions.Code != "INTERNAL" || e.Extensions.RequestID != got.header.Get("X-Request-Id") {
				t.Errorf("the error: got %+v, want INTERNAL with a message and the id of the answer", e)
			}
		}
	})

	t.Run("elsewhere is answered with a page", func(t *testing.T) {
		w := start(t, withPanic)
		got := w.press("/confirm", "token", token)
		wantStatus(t, got, http.StatusInternalServerError)
		wantIn(t, got.body, "Something went wrong on our side", got.header.Get("X-Request-Id"))
		wantNotIn(t, got.body, token, "nil pointer")
	})

	t.Run("is logged with its place and its id, without its value", func(t *testing.T) {
		w := start(t, withPanic)
		got := w.do(w.request(http.MethodPost, "/graphql", ""))
		w.close()
		wantIn(t, w.log.String(), `"msg":"panic"`, `"type":"string"`, "recover_test.go", got.header.Get("X-Request-Id"), `"status":500`)
		wantNotIn(t, w.log.String(), "password")
	})

	t.Run("in the middle of an answer cuts the connection", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if _, err := io.WriteString(w, `{"data":`); err != nil {
					t.Error(err)
				}
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				panic("late")
			})
		})
		response, err := http.DefaultClient.Do(w.request(http.MethodPost, "/graphql", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err == nil {
			t.Error("half an answer was taken for the whole")
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		w.close()
		wantIn(t, w.log.String(), `"msg":"panic"`, `"cut":true`)
	})

	t.Run("that only asks to cut the connection is not one", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.GraphQL = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		})
		if response, err := http.DefaultClient.Do(w.request(http.MethodPost, "/graphql", "")); err == nil {
			t.Errorf("got an answer (%v), want a cut connection", response.Body.Close())
		}
		w.close()
		wantIn(t, w.log.String(), `"cut":true`)
		wantNotIn(t, w.log.String(), `"msg":"panic"`, `"status":200`)
	})
}
