package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// comesBack waits until the server is ready, and fails the test if that takes longer than a few seconds.
func comesBack(t *testing.T, p *process) {
	t.Helper()
	begun := time.Now()
	waitUntil(t, "the server is ready again", func() bool {
		status, _ := p.get("/readyz")
		return status == http.StatusOK
	})
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the server was ready after %v", took)
	}
}

// TestTheDatabaseIsKilledUnderLoad ends Postgres as a crash would, twice. While it is away nobody hears
// that they are not logged in; when it is back, so is everything that was answered.
func TestTheDatabaseIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	server := pgtest.NewMortal(t)
	settings := forCrowd(onPostgres(t, server.URL()))
	p := serve(t, settings)
	c := gather(t, 3, p, settings)
	for range 2 {
		c.isServed(60)
		c.mayFail(internal)
		server.Kill()
		waitUntil(t, "the server is not ready", func() bool {
			status, _ := p.get("/readyz")
			return status == http.StatusServiceUnavailable
		})
		server.Start()
		comesBack(t, p)
		c.isServed(12) // whoever was told of the trouble has heard by now that it is over
		c.mayFail(nil)
	}
	c.isServed(60)
	c.takeStock()
}

// TestConnectionsAreCutUnderLoad cuts all connections to Postgres again and again, wherever the
// transactions on them are.
func TestConnectionsAreCutUnderLoad(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	wire, through := newWire(t, url)
	p := serve(t, forCrowd(onPostgres(t, through)))
	c := gather(t, 3, p, onPostgres(t, url))
	for range 8 {
		c.isServed(20)
		c.mayFail(internal)
		wire.setCut(true)
		wire.setCut(false)
		c.isServed(12)
		c.mayFail(nil)
	}
	c.takeStock()
}

// TestTheProgramIsKilledUnderLoad ends the program as a crash would, twice: what it has answered is
// there when it runs again.
func TestTheProgramIsKilledUnderLoad(t *testing.T) {
	t.Parallel()
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := forCrowd(database(t))
			p := serve(t, settings)
			c := gather(t, 3, p, settings)
			for range 2 {
				c.isServed(60)
				c.mayFail(noAnswer)
				p.kill()
				p = serve(t, settings)
				c.where.Store(p.url)
				c.isServed(12)
				c.mayFail(nil)
			}
			c.isServed(60)
			c.takeStock()
		})
	}
}
