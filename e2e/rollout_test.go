package e2e

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// balancer sends a crowd to a server that says it is ready, as a load balancer would that asks every
// 100 ms.
func balance(t *testing.T, c *crowd, servers ...*process) (end func()) {
	t.Helper()
	asking := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	isReady := func(p *process) bool {
		response, err := asking.Get(p.url + "/readyz") //nolint:noctx // bounded by the client
		if err != nil {
			return false
		}
		return errors.Join(response.Body.Close()) == nil && response.StatusCode == http.StatusOK
	}
	var asked sync.WaitGroup
	done := make(chan struct{})
	asked.Go(func() {
		for ticker := time.NewTicker(100 * time.Millisecond); ; {
			for _, p := range servers {
				if isReady(p) {
					c.where.Store(p.url)
					break
				}
			}
			select {
			case <-ticker.C:
			case <-done:
				ticker.Stop()
				return
			}
		}
	})
	return func() { close(done); asked.Wait() }
}

// TestReplicasAreReplacedUnderLoad starts a second replica beside one that is busy, and stops the first:
// behind a load balancer that goes by /readyz not one request fails.
func TestReplicasAreReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	smtp := smtptest.New(t)
	settings := forCrowd(onPostgres(t, pgtest.URL(t)))
	production := map[string]string{"LATCHKEY_ENV": "production", "LATCHKEY_PUBLIC_URL": "https://auth.example.com", "LATCHKEY_ALLOWED_HOSTS": "127.0.0.1"}
	first := serve(t, settings, mailTo(smtp), production)
	c := gather(t, 3, first, settings)
	c.isServed(60)
	second := serve(t, settings, mailTo(smtp), production)
	end := balance(t, c, first, second)
	c.isServed(60)
	if at := c.where.Load(); at != first.url {
		t.Fatalf("requests go to %s before there is a reason", at)
	}
	if took := first.stop(); took < 3*time.Second || took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	c.isServed(60)
	end()
	if at := c.where.Load(); at != second.url {
		t.Errorf("requests go to %s", at)
	}
	c.takeStock()
}

// TestStoppingUnderLoad stops the only server there is. What it took it answers, and whoever comes on a
// connection that it left open is answered; it is only new connections that it refuses, and those
// not before it has drained.
func TestStoppingUnderLoad(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := forCrowd(database(t))
			p := serve(t, settings)
			c := gather(t, 4, p, settings)
			c.isServed(60)

			var stopped atomic.Int64
			c.mayFail(func(f failure) bool {
				// In development it drains for 200 ms.
				drained := time.Unix(0, stopped.Load()).Add(200 * time.Millisecond)
				return stopped.Load() != 0 && time.Now().After(drained) && !f.reused && f.err != nil
			})
			stopped.Store(time.Now().UnixNano())
			if took := p.stop(); took > 5*time.Second {
				t.Errorf("stopping took %v", took)
			}
			c.failsAsExpected(4)
			again := serve(t, settings)
			c.where.Store(again.url)
			c.isServed(60)
			c.takeStock()
		})
	}
}
