package e2e

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/latchkey-auth/latchkey/e2e/chromium"
	"github.com/latchkey-auth/latchkey/verify"
)

// TestTheSinglePageApp opens the page in a real browser, with access tokens of both forms: it logs in
// and out, is attacked from a foreign site meanwhile, and is used from another site.
func TestTheSinglePageApp(t *testing.T) {
	t.Parallel()
	chromium.Need(t)
	for _, mode := range []string{"opaque", "jwt"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			settings := map[string]string{"LATCHKEY_DATA_DIR": t.TempDir(), "LATCHKEY_ACCESS_TOKEN": mode, "LATCHKEY_JWT_CLAIMS": "email"}
			account(t, settings)
			a := &app{files: appFiles(t), reports: make(chan string, 1)}
			server := httptest.NewUnstartedServer(a)
			t.Cleanup(server.Close)
			_, port, err := net.SplitHostPort(server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			// Three sites to a browser, all of them this server.
			own, otherSite, foreign := "http://localhost:"+port, "http://127.0.0.1:"+port, "http://foreign.localhost:"+port
			p := serve(t, settings, map[string]string{"LATCHKEY_ALLOWED_ORIGINS": own + "," + otherSite})
			a.latchkey = p.issuer()
			a.facts, err = json.Marshal(map[string]string{
				"api": a.latchkey + "/graphql", "app": own, "otherSite": otherSite, "foreign": foreign, "email": email, "password": password, "mode": mode,
			})
			if err != nil {
				t.Fatal(err)
			}
			if a.verifier, err = verify.New(verify.Config{Issuer: a.latchkey}); err != nil {
				t.Fatal(err)
			}
			server.Start()

			b := chromium.Open(t, own, chromium.Screen{Width: 1000, Height: 800})
			b.Expect() // it asks three sites, and two of them refuse
			b.Do("open the app", chromedp.Navigate(own))
			select {
			case report := <-a.reports:
				if report != "all is well" {
					t.Error(hideAll(report))
				}
			case <-time.After(2 * time.Minute):
				t.Fatal("the browser does not come to an end")
			}
			trail, _, _ := latchkey(t, "", settings, "audit", "--json")
			if ins, outs := strings.Count(trail, `"act":"logged_in","outcome":"ok"`), strings.Count(trail, `"act":"logged_out"`); ins != 2 || outs != 2 {
				t.Errorf("there were %d logins and %d logouts, want 2 of each: the foreign page has got through\n%s", ins, outs, trail)
			}
		})
	}
}

// app serves the app of the page, and stands for a service that verifies JWTs.
type app struct {
	files    map[string]string // by path
	latchkey string
	facts    []byte
	verifier *verify.Verifier
	spoiled  atomic.Bool // the next token is refused, as if it had expired
	reports  chan string // the end of the story
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/facts":
		_, _ = w.Write(a.facts)
	case "/spoil":
		a.spoiled.Store(true)
	case "/orders":
		if a.spoiled.Swap(false) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		a.verifier.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			claims, _ := verify.FromContext(r.Context())
			_, _ = io.WriteString(w, claims.Email)
		})).ServeHTTP(w, r)
	case "/report":
		report, err := io.ReadAll(r.Body)
		if err != nil {
			report = []byte(err.Error())
		}
		a.reports <- string(report)
	default:
		text, found := a.files[r.URL.Path]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		if strings.HasSuffix(r.URL.Path, ".mjs") {
			w.Header().Set("Content-Type", "text/javascript")
		}
		_, _ = io.WriteString(w, placed(text, "", a.latchkey))
	}
}

// appFiles are the app, and what the test adds to it.
func appFiles(t *testing.T) map[string]string {
	t.Helper()
	const page = "single-page-app.md"
	driver, err := os.ReadFile(filepath.Join("testdata", "browser.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"/":             program(t, page, "index.html") + `<script type="module" src="browser.mjs"></script>`,
		"/session.mjs":  program(t, page, "session.mjs"),
		"/memory.mjs":   program(t, page, "memory.mjs"),
		"/latchkey.mjs": program(t, "mobile-app.md", "latchkey.mjs"),
		"/browser.mjs":  string(driver),
	}
}
