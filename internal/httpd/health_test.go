package httpd_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestHealth(t *testing.T) {
	t.Parallel()
	t.Run("a process that answers is healthy, whatever the database does", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) { c.Ready = func(context.Context) error { return errors.New("down") } })
		got := w.get("/healthz")
		wantStatus(t, got, http.StatusOK)
		if got.body != "ok\n" {
			t.Errorf("body %q", got.body)
		}
		wantStatus(t, w.do(w.request(http.MethodHead, "/healthz", "")), http.StatusOK)
	})

	t.Run("a server whose database answers is ready", func(t *testing.T) {
		w := start(t, nil)
		wantStatus(t, w.get("/readyz"), http.StatusOK)
		wantStatus(t, w.do(w.request(http.MethodHead, "/readyz", "")), http.StatusOK)
	})

	t.Run("a database that is down is told without detail, and logged with it", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.Ready = func(context.Context) error { return errors.New("dial db.internal:5432: refused") }
		})
		got := w.get("/readyz")
		wantStatus(t, got, http.StatusServiceUnavailable)
		wantIn(t, got.body, "the database does not answer")
		wantNotIn(t, got.body, "db.internal")
		w.close()
		wantIn(t, w.log.String(), "dial db.internal:5432: refused", got.header.Get("X-Request-Id"))
	})

	t.Run("a database that hangs is given up after a second", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.Ready = func(ctx context.Context) error {
				deadline, ok := ctx.Deadline()
				if !ok || time.Until(deadline) > time.Second {
					t.Errorf("deadline in %v", time.Until(deadline))
				}
				<-ctx.Done()
				return ctx.Err()
			}
		})
		wantStatus(t, w.get("/readyz"), http.StatusServiceUnavailable)
	})
}
