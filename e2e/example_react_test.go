package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
)

// expiry is a proxy before a server that makes access tokens expire: the server gets another one instead
// and answers as it does then. It counts what comes by.
type expiry struct {
	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	last    string // the header of the last request that had one
	expired string // the header with which nothing is to be had any more
	refused int    // requests with that
	counts  map[string]int
}

func newExpiry(t *testing.T, address string) *expiry {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	e := &expiry{counts: map[string]int{}}
	e.proxy = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host // the page and the API have one origin
	}}
	return e
}

// ServeHTTP implements http.Handler.
func (e *expiry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request struct{ OperationName string }
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.pass(request.OperationName, r.Header)
	r.Body = io.NopCloser(bytes.NewReader(body))
	e.proxy.ServeHTTP(w, r)
}

func (e *expiry) pass(operation string, header http.Header) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts[operation]++
	token := header.Get("Authorization")
	switch token {
	case "":
	case e.expired:
		e.refused++
		header.Set("Authorization", "Bearer eyJhbGciOiJFZERTQSJ9.e30.AAAA")
	default:
		e.last = token
	}
}

// expire makes the access token that was used last expire.
func (e *expiry) expire() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.expired = e.last
}

// seen returns how often an operation was asked for, and how many requests had the expired token.
func (e *expiry) seen(operation string) (count, refused int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.counts[operation], e.refused
}

// TestTheExampleInReact generates, builds and clicks through it: a protected page, a sign-up with a
// fault, an access token that expires under two requests at once, a session that was ended elsewhere.
func TestTheExampleInReact(t *testing.T) {
	t.Parallel()
	chromium.Need(t)
	folder := installed(t, "examples/react")
	sameGenerator(t)
	generatedAnew(t, folder)
	runIn(t, folder, command(t, "npm", "run", "--silent", "build"))

	p := serve(t, map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": "jwt", "LATCHKEY_EMAIL_VERIFICATION": "none"})
	api := newExpiry(t, p.url)
	mux := http.NewServeMux()
	mux.Handle("/graphql", api)
	mux.Handle("/", http.FileServer(http.Dir(filepath.Join(folder, "dist"))))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)

	b := chromium.Open(t, site.URL, chromium.Screen{Width: 1000, Height: 800})
	b.CountRefusals()
	button := func(name string) chromedp.Action[chromedp.Void] {
		return chromedp.Click(chromedp.Search(`//button[normalize-space()="` + name + `"]`))
	}
	write := func(field, text string) chromedp.Action[chromedp.Void] {
		selector := `input[name="` + field + `"]`
		return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			if _, err := chromedp.Evaluate[bool](`document.querySelector(`+chromium.Quoted(selector)+`).value = "", true`)(ctx, target); err != nil {
				return err
			}
			_, err := chromedp.SendKeys(chromedp.CSS(selector), text)(ctx, target)
			return err
		})
	}
	shows := func(text string) chromedp.Action[chromedp.Void] {
		return chromium.Until(`document.body.innerText.includes(` + chromium.Quoted(text) + `)`)
	}

	b.Do("be asked to sign in", chromedp.Navigate(site.URL+"/#/account"), shows("Sign in"), chromium.Until(`!document.body.innerText.includes("Hello")`))
	b.Do("sign up with a password that is too short", chromedp.Click(chromedp.CSS(`a[href="#/sign-up"]`)), shows("Name"),
		write("name", "Ada"), write("email", email), write("password", "short"), button("Sign up"),
		chromium.Until(`document.querySelector("#password-problem").innerText !== "" && document.querySelector("[name=password]").ariaInvalid === "true"`))
	b.Picture("1 fault")
	b.Do("sign up", write("password", password), button("Sign up"), shows("Hello, Ada"), shows("this one"))
	b.Picture("2 account")
	b.Do("sign out", button("Sign out"), shows("Sign in"))
	b.Do("sign in by a wrong password", write("email", email), write("password", "not this one"), button("Sign in"), chromium.Until(`document.querySelector("p[role=alert]").innerText !== ""`))
	b.Do("sign in", write("password", password), button("Sign in"), shows("Hello, Ada"), shows("this one"))

	api.expire()
	asked, _ := api.seen("Me")
	b.Do("look again with an expired token", button("Look again"))
	waitUntil(t, "the page has asked again after the refusal", func() bool {
		count, _ := api.seen("Me")
		return count == asked+2
	})
	b.Do("see the account still", shows("Hello, Ada"), shows("this one"))
	if refreshes, _ := api.seen("Refresh"); refreshes != 1 {
		t.Errorf("one expired token was refreshed %d times", refreshes)
	}
	if _, refused := api.seen(""); refused != 2 {
		t.Errorf("%d requests were refused, want both", refused)
	}

	other := p.login(password)
	p.expect("end the session of the page", p.graphql(other, `mutation { logoutAll(input: {keepCurrent: true}) { endedCount } }`, nil), `{"data":{"logoutAll":{"endedCount":1}}}`)
	b.Do("be asked to sign in, because the session was ended elsewhere", button("Look again"), shows("Sign in"), chromium.Until(`!document.body.innerText.includes("Hello")`))
	if kept := chromium.Ask[string](b, `JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie`); kept != "{}{}" {
		t.Errorf("the page keeps %d bytes", len(kept))
	}
	if refreshes, _ := api.seen("Refresh"); refreshes != 2 {
		t.Errorf("after the end of the session there were %d refreshes in all, want one more", refreshes)
	}
	b.Forgive("status of 401") // which a browser tells of by itself
}

// sameGenerator holds the two examples with graphql-codegen to one way of using it.
func sameGenerator(t *testing.T) {
	t.Helper()
	var texts []string
	for _, name := range []string{"typescript", "react"} {
		text, err := os.ReadFile(filepath.Join("..", "examples", name, "generate.mjs"))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Error("generate.mjs is not the same in both examples")
	}
}
