package httpd_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// audience is an observer that remembers.
type audience struct {
	mu   sync.Mutex
	told []string
}

type audienceKey struct{}

func (a *audience) RequestBegun(ctx context.Context, r *http.Request) (context.Context, func(route string, status int)) {
	if auth.RequestFrom(ctx).ID == "" {
		return ctx, func(string, int) { a.told = append(a.told, "before its id was known") }
	}
	method := r.Method
	return context.WithValue(ctx, audienceKey{}, true), func(route string, status int) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.told = append(a.told, fmt.Sprint(method, " ", route, " ", status))
	}
}

func TestTheObserverIsToldOfRequests(t *testing.T) {
	t.Parallel()
	watching := &audience{}
	w := start(t, func(c *httpd.Config) {
		c.Observers = []httpd.Observer{watching}
		c.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Context().Value(audienceKey{}) == nil {
				t.Error("the request is not served in the observer's context")
			}
			switch r.Header.Get("X-Test") {
			case "panic":
				panic("in a handler")
			case "cut":
				panic(http.ErrAbortHandler)
			}
		})
	})
	w.get("/healthz")
	w.get("/reset?token=" + token)
	w.get("/" + token)
	w.do(w.request(http.MethodPost, "/graphql", ""))
	r := w.request(http.MethodPost, "/graphql", "")
	r.Header.Set("X-Test", "panic")
	w.do(r)
	r = w.request(http.MethodPost, "/graphql", "")
	r.Header.Set("X-Test", "cut")
	if response, err := http.DefaultClient.Do(r); err == nil {
		_ = response.Body.Close()
		t.Error("got an answer, want a cut connection")
	}
	w.close()
	want := []string{"GET /healthz 200", "GET /reset 200", "GET / 404", "POST /graphql 200", "POST /graphql 500", "POST /graphql 0"}
	if !slices.Equal(watching.told, want) {
		t.Errorf("the observer was told %q, want %q", watching.told, want)
	}
}

func TestTheLineOfARequestSaysWhatCameOfIt(t *testing.T) {
	t.Parallel()
	line := func(change func(*httpd.Config), do func(w *world)) string {
		w := start(t, change)
		do(w)
		w.close()
		return w.log.String()
	}

	t.Run("as its handler reports it", func(t *testing.T) {
		log := line(func(c *httpd.Config) {
			c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				auth.ReportFrom(r.Context()).Done([]string{"login", "me"}, []string{"INVALID_CREDENTIALS", "UNAUTHENTICATED"})
			})
		}, func(w *world) { w.do(w.request(http.MethodPost, "/graphql", "")) })
		wantIn(t, log, `"operation":"login,me"`, `"outcome":"INVALID_CREDENTIALS,UNAUTHENTICATED"`)
		wantNotIn(t, log, `"account"`)
	})

	t.Run("on a page", func(t *testing.T) {
		for want, err := range map[string]error{
			"ok":                                     nil,
			"TOKEN_INVALID":                          auth.Problems{{Code: auth.InvalidToken}},
			"PASSWORD_TOO_COMMON,PASSWORD_TOO_SHORT": auth.Problems{{Code: auth.PasswordTooCommon}, {Code: auth.PasswordTooShort}, {Code: auth.PasswordTooShort}},
			"RATE_LIMITED":                           &auth.Error{Kind: auth.RateLimited},
			"INTERNAL":                               context.DeadlineExceeded,
		} {
			log := line(nil, func(w *world) {
				w.accounts.err = err
				w.press("/reset", "token", token, "password", password)
			})
			wantIn(t, log, `"outcome":"`+want+`"`)
			if strings.Count(log, `"msg":"request"`) != 1 {
				t.Errorf("not one line:\n%s", log)
			}
		}
	})
}
