package httpd_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/httpd"
)

var appPaths = []string{"/sign-up", "/sign-in", "/forgot", "/account", "/email-change?token=x", "/invitation?token=x"}

func TestAccountPages(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) { c.PublicURL = "https://accounts.example" })
	for _, path := range appPaths {
		t.Run(path+" may run the server's own script, and ask this server only", func(t *testing.T) {
			got := w.get(path)
			wantStatus(t, got, http.StatusOK)
			policy := got.header.Get("Content-Security-Policy")
			for _, part := range []string{
				"default-src 'none'", "script-src 'self'", "connect-src 'self'", "style-src 'self'", "form-action 'none'", "frame-ancestors 'none'",
				"base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
			} {
				if !slices.Contains(strings.Split(policy, "; "), part) {
					t.Errorf("the policy lacks %s: %s", part, policy)
				}
			}
			if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Referrer-Policy") != "strict-origin" || got.header.Get("X-Frame-Options") != "DENY" {
				t.Errorf("headers: %v", got.header)
			}
			wantIn(t, got.body, "<noscript>", "needs JavaScript", "data-texts=")
			scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(got.body, -1)
			if len(scripts) != 1 || !strings.HasPrefix(scripts[0], `<script src="assets/account.`) {
				t.Errorf("scripts: got %q, want one, assets/account", scripts)
			}
			wantNotIn(t, got.body, "style=", "<style", "onclick", `method="get"`)
			if strings.Count(got.body, "<form") != strings.Count(got.body, `<form method="post" data-form="`) {
				t.Error("there is a form that could put what is typed into an address")
			}
			if strings.Count(got.body, `type="submit"`) != strings.Count(got.body, "disabled") {
				t.Error("there is a button that works before the script does")
			}
			wantStatus(t, w.press(path, "password", password), http.StatusMethodNotAllowed)
		})
	}

	t.Run("all of them together are light", func(t *testing.T) {
		total := 0
		seen := map[string]bool{}
		for _, path := range append(slices.Clone(appPaths), "/confirm?token=x", "/reset?token=x", "/undo-email-change?token=x") {
			page := w.get(path)
			total += zipped(t, []byte(page.body))
			for _, found := range regexp.MustCompile(`(?:src|href)="(assets/[^"]*)"`).FindAllStringSubmatch(page.body, -1) {
				if !seen[found[1]] {
					seen[found[1]] = true
					total += zipped(t, []byte(w.get("/"+found[1]).body))
				}
			}
		}
		if len(seen) != 2 || total > 50_000 {
			t.Errorf("%d bytes compressed, files: %v", total, slices.Sorted(maps.Keys(seen)))
		}
	})

	t.Run("what has a name of its own may be kept, compressed", func(t *testing.T) {
		path := regexp.MustCompile(`assets/account\.[^"]*`).FindString(w.get("/sign-in").body)
		for accepted, want := range map[string]string{"gzip, br": "gzip", "br;q=1, gzip;q=0.5": "gzip", "": "", "gzip;q=0": "", "gzip; q=0.0": ""} {
			r := w.request(http.MethodGet, "/"+path, "")
			r.Header.Set("Accept-Encoding", accepted) // or the client would unpack it
			got := w.do(r)
			wantStatus(t, got, http.StatusOK)
			if got.header.Get("Content-Encoding") != want || got.header.Get("Vary") != "Accept-Encoding" || !strings.Contains(got.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%q: %v", accepted, got.header)
			}
			body := []byte(got.body)
			if want == "gzip" {
				reader, err := gzip.NewReader(bytes.NewReader(body))
				if err != nil {
					t.Fatal(err)
				}
				if body, err = io.ReadAll(reader); err != nil {
					t.Fatal(err)
				}
			}
			wantIn(t, string(body), "mutation SignUp(")
		}
	})
}

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	writer := gzip.NewWriter(&b)
	if _, err := writer.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestFormsFollowTheSettings(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	wantNotIn(t, w.get("/sign-up").body, `name="username"`)
	wantNotIn(t, w.get("/sign-in").body, "data-form=\"code", "username</label>")
	wantNotIn(t, w.get("/account").body, `data-form="username"`)
	wantIn(t, w.get("/sign-in").body, `href="sign-up"`, `type="email" id="login"`)
	wantNotIn(t, w.get("/sign-in").body, `name="trustDevice"`)

	w = start(t, func(c *httpd.Config) {
		c.Forms, c.PasswordLength = httpd.Forms{Usernames: auth.UsernamesRequired, LoginCodes: true, TrustedDevices: true}, 15
	})
	wantIn(t, w.get("/sign-up").body, `name="username" required`, "At least 15 characters")
	wantIn(t, w.get("/sign-in").body, `name="trustDevice"`, `data-form="code-request"`, `type="text" id="login"`)
	wantIn(t, w.get("/account").body, `data-form="username"`)

	w = start(t, func(c *httpd.Config) { c.Forms.SignUpClosed = true })
	wantNotIn(t, w.get("/sign-up").body, "<form")
	wantIn(t, w.get("/sign-up").body, "whoever runs this service")
	wantNotIn(t, w.get("/sign-in").body, "sign-up")
}

func TestPagesOff(t *testing.T) {
	t.Parallel()
	w := start(t, func(c *httpd.Config) { c.PagesOff = true })
	for _, path := range append(slices.Clone(appPaths), "/confirm?token=x", "/reset?token=x", "/undo-email-change?token=x") {
		wantStatus(t, w.get(path), http.StatusNotFound)
	}
	wantStatus(t, w.press("/confirm", "token", token), http.StatusNotFound)
	if w.accounts.calls() != 0 {
		t.Error("got a call of the domain, want none")
	}
	wantStatus(t, w.get("/"), http.StatusOK)
	wantStatus(t, w.get("/healthz"), http.StatusOK)
}

// folder makes a folder of an operator's own pages.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOwnPages(t *testing.T) {
	t.Parallel()
	t.Run("replace the logo, colours, texts and single pages", func(t *testing.T) {
		pages, err := httpd.LoadPages(folder(t, map[string]string{
			"logo.svg":     `<svg xmlns="http://www.w3.org/2000/svg"/>`,
			"favicon.svg":  `<svg xmlns="http://www.w3.org/2000/svg" id="mine"/>`,
			"colours.css":  "/* ours */\n:root { --accent: #0a6; --card: rgb(250 250 250 / 90%) }\n@media (prefers-color-scheme: dark) {\n  :root { --accent: oklch(70% 0.1 200); }\n}\n",
			"texts.json":   "\ufeff{\"lang\": \"de\", \"sign_in.title\": \"Bei {product} anmelden\", \"error.TOKEN_INVALID\": \"x\", \"error.PASSWORD_TOO_COMMON\": \"Zu gewöhnlich.\"}\r\n",
			"forgot.html":  `{{define "content"}}<p>Ours: {{.Product}}</p><form method="post" data-form="forgot"><input name="email"></form>{{end}}`,
			".editor.swp":  "whatever",
			"confirm.html": `{{define "content"}}<form method="post" action="{{.Action}}"><input type="hidden" name="token" value="{{.Token}}"><button>{{.Text "confirm.button"}}</button></form>{{end}}`,
		}))
		if err != nil {
			t.Fatal(err)
		}
		w := start(t, func(c *httpd.Config) { c.Pages = pages })
		got := w.get("/sign-in")
		wantIn(t, got.body, `<html lang="de">`, "<h1>Bei Engines &amp; Co anmelden</h1>", `alt="Engines &amp; Co"`, "Forgot your password?")
		wantIn(t, w.get("/forgot").body, "Ours: Engines &amp; Co")
		wantIn(t, w.get("/favicon.ico").body, "mine")

		style := regexp.MustCompile(`assets/style\.[^"]*`).FindString(got.body)
		wantIn(t, w.get("/"+style).body, "--accent: #0a6", "--accent: #1d4ed8")
		logo := w.get("/" + regexp.MustCompile(`assets/logo\.[^"]*`).FindString(got.body))
		wantStatus(t, logo, http.StatusOK)
		if logo.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(logo.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("the logo's headers: %v", logo.header)
		}

		w.accounts.err = auth.Problems{{Code: auth.PasswordTooCommon, Message: "Too common.", Path: []string{"input", "newPassword"}}}
		wantIn(t, w.press("/reset", "token", token, "password", "x").body, "Zu gewöhnlich.")
	})

	const fields = `<form method="post" data-form="sign-in"><input name="login"><input name="password"></form><form data-form="code-request"></form><form data-form="code"></form>`
	for name, own := range map[string]string{
		"from before second factors": fields,
		"with some of the forms":     fields + `<form data-form="factor"></form>`,
		"that includes the forms":    fields + `{{template "second_step" .}}`,
		"with all of the forms":      fields + `<form data-form="factor"></form><form data-form="recovery"></form><form data-form="enroll"></form><ul data-codes></ul><button data-kept></button>`,
	} {
		t.Run("a page for signing in "+name+" can do the second step", func(t *testing.T) {
			pages, err := httpd.LoadPages(folder(t, map[string]string{"sign_in.html": `{{define "content"}}<p>Ours</p>` + own + `{{end}}`}))
			if err != nil {
				t.Fatal(err)
			}
			body := start(t, func(c *httpd.Config) { c.Pages = pages }).get("/sign-in").body
			wantIn(t, body, "<p>Ours</p>", `data-form="sign-in"`, `data-form="factor"`, `data-form="recovery"`, `data-form="enroll"`, "data-codes", "data-kept")
			if strings.Contains(name, "includes") || strings.Contains(name, "all") {
				if n := strings.Count(body, `data-form="enroll"`); n != 1 {
					t.Errorf("the page has %d forms to set an app up, want one", n)
				}
			}
		})
	}

	for name, bad := range map[string]struct{ file, content, fault string }{
		"a file that nothing knows":            {"signin.html", "x", "signin.html: nothing here has this name"},
		"a page that does not parse":           {"reset.html", "{{define \"content\"}}\n{{if}}{{end}}", "reset.html, line 2: "},
		"a page with an unknown field":         {"reset.html", "{{define \"content\"}}\n\n{{.Nothing}}{{end}}", "reset.html, line 3: "},
		"a page with an unknown text":          {"reset.html", "{{define \"content\"}}\n{{.Text \"reset.buton\"}}{{end}}", `reset.html, line 2: executing "content" at <.Text>: error calling Text: there is no text called "reset.buton". The nearest: reset.button`},
		"a page without content":               {"reset.html", "<p>x</p>", `reset.html: it lacks {{define "content"}}`},
		"a page without its form":              {"sign_in.html", "{{define \"content\"}}{{end}}", `sign_in.html: it has nothing with data-form="sign-in"`},
		"a layout without a layout":            {"layout.html", "x", `layout.html: it lacks {{define "layout"}}`},
		"a script in a page":                   {"message.html", "{{define \"content\"}}\n<script>alert(1)</script>{{end}}", "message.html, line 2: browsers do not take"},
		"an attribute that is a script":        {"message.html", "{{define \"content\"}}\n\n<p onclick=\"x()\">{{end}}", "message.html, line 3: browsers do not take"},
		"a style in a page":                    {"message.html", "{{define \"content\"}}<p style=\"color:red\">{{end}}", "message.html, line 1: browsers do not take"},
		"texts that are no JSON":               {"texts.json", "{\n\"lang\": \"de\",\n\"page.error\" \"x\"}", "texts.json, line 3: "},
		"texts that are a list":                {"texts.json", "[]", "texts.json, line 1: it is not a JSON object"},
		"an unknown text":                      {"texts.json", "{\n\"sign_in.titel\": \"x\"}", `texts.json, line 2: there is no text called "sign_in.titel". The nearest: sign_in.title`},
		"an empty text":                        {"texts.json", `{"sign_in.title": " "}`, `texts.json, line 1: the text "sign_in.title" is empty`},
		"a text with a value that nobody puts": {"texts.json", `{"confirm.done.text": "{mail}"}`, `texts.json, line 1: the text "confirm.done.text" has {mail}`},
		"a text that is none":                  {"texts.json", "{\"lang\":\n 5}", "texts.json, line 2: the value of \"lang\" is no text"},
		"texts with something behind":          {"texts.json", "{}\n{}", "texts.json, line 2: something follows"},
		"texts that are not UTF-8":             {"texts.json", "{\"lang\": \"\xff\"}", "texts.json: it is not written in UTF-8"},
		"an unknown colour":                    {"colours.css", ":root {\n  --acent: red;\n}", "colours.css, line 2: there is no colour called --acent"},
		"a colour that loads something":        {"colours.css", ":root { --accent: url(https://evil.example) }", "colours.css, line 1: the value of --accent is no colour"},
		"another rule among the colours":       {"colours.css", ":root { --accent: red }\n\nbody { color: red }", "colours.css, line 3: only colours can stand here"},
		"an import among the colours":          {"colours.css", "@import 'x.css';", "colours.css, line 1: only colours"},
		"a declaration that is no colour":      {"colours.css", ":root {\n\n color: red }", "colours.css, line 3: only colours"},
		"a block that does not end":            {"colours.css", ":root { --accent: red;", "it ends within a block"},
		"a block that did not begin":           {"colours.css", ":root { --accent: red; } }", "a block ends that did not begin"},
		"a logo that is too large":             {"logo.png", strings.Repeat("x", 256<<10+1), "logo.png: it is larger than 256 KiB"},
	} {
		t.Run(name+" is told at the start", func(t *testing.T) {
			_, err := httpd.LoadPages(folder(t, map[string]string{bad.file: bad.content}))
			if err == nil || !strings.Contains(err.Error(), bad.fault) {
				t.Errorf("%v, want %s", err, bad.fault)
			}
		})
	}

	t.Run("every fault is told at once", func(t *testing.T) {
		_, err := httpd.LoadPages(folder(t, map[string]string{"texts.json": `{"a": "b", "c": "d"}`, "x.html": "", "colours.css": "x"}))
		if err == nil {
			t.Fatal("got no error, want one")
		}
		wantIn(t, err.Error(), `called "a"`, `called "c"`, "x.html")
	})
	t.Run("a folder that is not there is told", func(t *testing.T) {
		if _, err := httpd.LoadPages(filepath.Join(t.TempDir(), "nowhere")); err == nil || !strings.Contains(err.Error(), "cannot be read") {
			t.Error(err)
		}
	})
	t.Run("a link out of the folder is not followed", func(t *testing.T) {
		secret := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.Symlink(secret, filepath.Join(dir, "logo.png")); err != nil {
			t.Fatal(err)
		}
		if _, err := httpd.LoadPages(dir); err == nil {
			t.Error("got no error, want one")
		}
	})
}
