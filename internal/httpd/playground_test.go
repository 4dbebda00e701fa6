package httpd_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestPlayground(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) { c.Playground, c.Schema = true, "type Query { me: ID }" })
	page := w.get("/playground")

	t.Run("lets scripts of its own run, and talk to this server", func(t *testing.T) {
		wantStatus(t, page, http.StatusOK)
		policy := page.header.Get("Content-Security-Policy")
		wantIn(t, policy, "default-src 'none'", "script-src 'self';", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
		wantNotIn(t, policy, "unsafe", "http", "*")
		wantNotIn(t, page.body, "http:", "https:", "<style", " style=", " onclick=")
		if inline := regexp.MustCompile(`<script(>|[^>]*[^"]>)[^<]`).FindString(page.body); inline != "" {
			t.Errorf("there is a script in the page: %s", inline)
		}
	})
	t.Run("has a nonce of its own for each answer, in the policy and in the page", func(t *testing.T) {
		nonce := regexp.MustCompile(`'nonce-([^']+)'`)
		first := nonce.FindStringSubmatch(page.header.Get("Content-Security-Policy"))
		second := nonce.FindStringSubmatch(w.get("/playground").header.Get("Content-Security-Policy"))
		if len(first) != 2 || len(second) != 2 || first[1] == second[1] || len(first[1]) < 22 {
			t.Fatalf("the nonces are %q and %q", first, second)
		}
		wantIn(t, page.body, `data-nonce="`+first[1]+`"`)
		if page.header.Get("Cache-Control") != "no-store" {
			t.Error("the page may be kept, and its nonce with it")
		}
	})
	t.Run("has a tab for each operation of the README's story", func(t *testing.T) {
		_, rest, _ := strings.Cut(page.body, `data-tabs="`)
		text, _, _ := strings.Cut(rest, `"`)
		var tabs []struct{ Query, Variables string }
		if err := json.Unmarshal([]byte(html.UnescapeString(text)), &tabs); err != nil {
			t.Fatal(err)
		}
		all := html.UnescapeString(text)
		wantIn(t, all, "register(", "confirmEmail(", "login(", "me {", "refreshSession(", "logout {", "delivery: COOKIE", "beginTotp {", "confirmTotp(", "completeLogin(")
		for _, tab := range tabs {
			if tab.Variables != "" && !json.Valid([]byte(tab.Variables)) {
				t.Errorf("not JSON: %s", tab.Variables)
			}
			if strings.Contains(tab.Query, "$") != (tab.Variables != "") && !strings.Contains(tab.Query, "RefreshSession") {
				t.Errorf("variables are missing, or too many: %s", tab.Query)
			}
		}
	})
	t.Run("has files that browsers keep, compressed for those that take it", func(t *testing.T) {
		files := regexp.MustCompile(`assets/[a-z-]+\.[0-9a-f]{16}\.(js|css|txt)`).FindAllString(page.body, -1)
		if len(files) != 7 {
			t.Fatalf("there are %v", files)
		}
		for _, file := range files {
			plain := w.request("GET", "/"+file, "")
			plain.Header.Set("Accept-Encoding", "identity")
			got := w.do(plain)
			wantStatus(t, got, http.StatusOK)
			if got.header.Get("Content-Encoding") != "" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %v", file, got.header)
			}
			packed := w.request("GET", "/"+file, "")
			packed.Header.Set("Accept-Encoding", "br, gzip")
			zipped := w.do(packed)
			if zipped.header.Get("Content-Encoding") == "" {
				if len(zipped.body) > 20_000 {
					t.Errorf("%s has %d bytes", file, len(zipped.body))
				}
				continue
			}
			reader, err := gzip.NewReader(strings.NewReader(zipped.body))
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(reader); err != nil || string(body) != got.body || zipped.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s differs when it is compressed (%v): %v", file, err, zipped.header)
			}
		}
	})
	t.Run("says where the inbox is to who may read it only", func(t *testing.T) {
		wantNotIn(t, page.body, "dev/mail")
		developed := start(t, func(c *httpd.Config) {
			c.Playground, c.Development = true, &httpd.Development{Inbox: newLetterbox()}
		})
		wantIn(t, developed.get("/playground").body, "dev/mail")
	})
	t.Run("is linked on the page of production where it is on", func(t *testing.T) {
		wantIn(t, w.get("/").body, `href="playground"`)
	})
	t.Run("is not there unless it is on, nor is the schema, nor a file of them", func(t *testing.T) {
		off := start(t, nil)
		file := regexp.MustCompile(`assets/graphiql\.[0-9a-f]{16}\.js`).FindString(page.body)
		for _, path := range []string{"/playground", "/schema.graphql", "/" + file} {
			wantStatus(t, off.get(path), http.StatusNotFound)
		}
	})
	t.Run("stands beside the schema", func(t *testing.T) {
		got := w.get("/schema.graphql")
		wantStatus(t, got, http.StatusOK)
		if got.body != "type Query { me: ID }" || got.header.Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%v: %s", got.header, got.body)
		}
	})
}

func TestCompressionIsForThoseWhoTakeIt(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) { c.Playground = true })
	file := regexp.MustCompile(`assets/react\.[0-9a-f]{16}\.js`).FindString(w.get("/playground").body)
	for accepted, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "*": true, "deflate, *;q=0.1": true, "gzip ; q=1": true,
		"identity": false, "gzip;q=0": false, "br": false, "*;q=0": false, "gzip;q=x": false, "*, gzip;q=0": false, "gzip;q=0, *": false, "xgzip": false,
	} {
		r := w.request("GET", "/"+file, "")
		r.Header.Set("Accept-Encoding", accepted)
		if got := w.do(r).header.Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: compressed is %t", accepted, got)
		}
	}
}

func TestFrontDoorOfProductionLeadsToTheAccountPages(t *testing.T) {
	t.Parallel()
	wantIn(t, start(t, nil).get("/").body, `href="sign-in"`, `href="sign-up"`, `href="account"`)
	off := start(t, func(c *httpd.Config) { c.PagesOff = true }).get("/").body
	wantNotIn(t, off, "sign-in", "sign-up")
	wantIn(t, off, "nothing to do here by hand")
}

func TestFrontDoorOfDevelopment(t *testing.T) {
	t.Parallel()
	var down error
	w := start(t, func(c *httpd.Config) {
		c.Playground, c.Schema = true, "x"
		c.Ready = func(context.Context) error { return down }
		c.Development = &httpd.Development{
			Inbox: newLetterbox(), Facts: [][2]string{{"Database", "SQLite <here>"}}, FirstSteps: []string{"curl '<one>'", "curl two"},
		}
	})

	t.Run("says what is running and where to go", func(t *testing.T) {
		got := w.get("/")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, "Engines &amp; Co is running", "1.2.3", "SQLite &lt;here&gt;", "Ready: the database answers",
			`href="playground"`, `href="account"`, `href="sign-up"`, `href="dev/mail"`, `href="schema.graphql"`, `href="healthz"`, `href="readyz"`)
		wantIn(t, got.header.Get("Content-Security-Policy"), "default-src 'none'", "script-src 'self'")
		wantNotIn(t, got.header.Get("Content-Security-Policy"), "unsafe")
	})
	t.Run("has the lines, each with a button", func(t *testing.T) {
		got := w.get("/").body
		wantIn(t, got, "curl &#39;&lt;one&gt;&#39;", "curl two")
		if n := strings.Count(got, `class="copy"`); n != 2 {
			t.Errorf("there are %d buttons", n)
		}
	})
	t.Run("says when the database does not answer, and not why", func(t *testing.T) {
		down = errors.New("the password of the database is hush")
		got := w.get("/").body
		wantIn(t, got, "Not ready")
		wantNotIn(t, got, "hush", "Ready: the database answers")
	})
	t.Run("links nothing that is not there", func(t *testing.T) {
		got := start(t, func(c *httpd.Config) { c.Development, c.PagesOff = &httpd.Development{}, true }).get("/").body
		wantNotIn(t, got, `href="playground"`, `href="account"`, "sign-in", "dev/mail", "schema.graphql", "first-steps")
	})
}
