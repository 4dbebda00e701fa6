package httpd_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestAdminPages(t *testing.T) {
	t.Parallel()
	t.Run("may run the server's own script, ask this server only, and are light", func(t *testing.T) {
		t.Parallel()
		w := start(t, nil)
		got := w.get("/admin")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.header.Get("Content-Security-Policy"), "default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'none'",
			"frame-ancestors 'none'", "require-trusted-types-for 'script'")
		wantIn(t, got.body, `data-page="admin"`, "<noscript>", `data-dialog="proof"`, "<title>Engines &amp; Co</title>")
		wantNotIn(t, got.body, "style=", "<style", "onclick", `method="get"`)
		if got.header.Get("Cache-Control") != "no-store" || got.header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("headers: %v", got.header)
		}

		total, files := zipped(t, []byte(got.body)), 0
		for _, found := range regexp.MustCompile(`(?:src|href)="(assets/[^"]*)"`).FindAllStringSubmatch(got.body, -1) {
			file := w.get("/" + found[1])
			wantStatus(t, file, http.StatusOK)
			total += zipped(t, []byte(file.body))
			files++
		}
		if files != 3 || total > 60_000 {
			t.Errorf("%d files, %d bytes compressed, want 3 and at most 60,000", files, total)
		}
		if scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(got.body, -1); len(scripts) != 1 || !strings.HasPrefix(scripts[0], `<script src="assets/admin.`) {
			t.Errorf("scripts: got %q, want one, assets/admin", scripts)
		}
		wantStatus(t, w.press("/admin", "password", password), http.StatusMethodNotAllowed)
		if w.accounts.calls() != 0 {
			t.Error("got a call of the domain, want none")
		}
	})

	for name, off := range map[string]func(*httpd.Config){
		"are not there when they are off":       func(c *httpd.Config) { c.AdminOff = true },
		"are not there when there are no pages": func(c *httpd.Config) { c.PagesOff = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, off)
			wantStatus(t, w.get("/admin"), http.StatusNotFound)
		})
	}
}
