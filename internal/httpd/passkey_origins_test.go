package httpd_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestOriginsThatMayUsePasskeys(t *testing.T) {
	t.Parallel()
	origins := []string{"https://auth.example.com", "https://shop.example.org"}
	got := start(t, func(c *httpd.Config) { c.PasskeyOrigins = origins }).get("/.well-known/webauthn")
	wantStatus(t, got, http.StatusOK)
	if kind := got.header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("got the type %q, want application/json", kind)
	}
	var document struct{ Origins []string }
	if err := json.Unmarshal([]byte(got.body), &document); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(origins, document.Origins); diff != "" {
		t.Errorf("the origins (-want +got):\n%s", diff)
	}
	wantStatus(t, start(t, nil).get("/.well-known/webauthn"), http.StatusNotFound)
}
