package httpd_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// TestTheClientForFrontends loads it as pages of other origins do, with and without pages of the server's own.
func TestTheClientForFrontends(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]bool{"with pages": false, "without pages": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, func(c *httpd.Config) { c.PagesOff = off })
			ask := func(tag, encoding string) reply {
				r := w.request(http.MethodGet, "/client.js", "")
				r.Header.Set("Origin", "https://app.example")
				r.Header.Set("Accept-Encoding", encoding)
				if tag != "" {
					r.Header.Set("If-None-Match", tag)
				}
				return w.do(r)
			}

			got := ask("", "identity")
			wantStatus(t, got, http.StatusOK)
			wantIn(t, got.body, "mutation", "loginWithCode", "import.meta.url")
			tag := got.header.Get("Etag")
			for header, want := range map[string]string{
				"Content-Type": "text/javascript; charset=utf-8", "Access-Control-Allow-Origin": "*", "Cache-Control": "public, no-cache",
				"Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Credentials": "",
			} {
				if got := got.header.Get(header); got != want {
					t.Errorf("%s: got %q, want %q", header, got, want)
				}
			}
			if size := zipped(t, []byte(got.body)); size > 8000 {
				t.Errorf("got %d bytes compressed, want at most 8000", size)
			}
			if packed := ask("", "gzip"); packed.header.Get("Content-Encoding") != "gzip" || packed.header.Get("Etag") != tag {
				t.Errorf("compressed: %v", packed.header)
			}

			for _, kept := range []string{tag, `"other", ` + strings.TrimPrefix(tag, "W/"), "*"} {
				same := ask(kept, "gzip")
				wantStatus(t, same, http.StatusNotModified)
				if same.body != "" || same.header.Get("Etag") != tag || same.header.Get("Access-Control-Allow-Origin") != "*" {
					t.Errorf("%s: %d bytes, %v", kept, len(same.body), same.header)
				}
			}
			wantStatus(t, ask(`W/"other"`, "gzip"), http.StatusOK)
		})
	}
}
