package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

// wire passes connections on to a server until it is cut.
type wire struct {
	listener net.Listener
	network  string
	target   string

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

// newWire puts a wire before the server of a database URL, and returns the URL by way of it.
func newWire(t *testing.T, databaseURL string) (w *wire, through string) {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the database cannot be read")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w = &wire{listener: listener, network: "tcp", target: u.Host}
	query := u.Query()
	if socket := query.Get("host"); strings.HasPrefix(socket, "/") {
		port := query.Get("port")
		if port == "" {
			port = "5432"
		}
		w.network, w.target = "unix", socket+"/.s.PGSQL."+port
		query.Del("host")
		query.Del("port")
		u.RawQuery = query.Encode()
	}
	u.Host = listener.Addr().String()
	go w.accept()
	t.Cleanup(func() {
		_ = listener.Close()
		w.setCut(true)
	})
	return w, u.String()
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		if w.cut {
			_ = client.Close()
			w.mu.Unlock()
			continue
		}
		server, err := (&net.Dialer{}).DialContext(context.Background(), w.network, w.target)
		if err != nil {
			_ = client.Close()
			w.mu.Unlock()
			continue
		}
		w.conns = append(w.conns, client, server)
		w.mu.Unlock()
		go pass(client, server)
		go pass(server, client)
	}
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.Close()
	_ = from.Close()
}

// setCut cuts all connections and refuses new ones, or mends the wire.
func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	if cut {
		for _, conn := range w.conns {
			_ = conn.Close()
		}
		w.conns = nil
	}
}

// TestAnOutageOfTheDatabaseLogsNobodyOut cuts the server off from Postgres and mends it again.
func TestAnOutageOfTheDatabaseLogsNobodyOut(t *testing.T) {
	t.Parallel()
	smtp := smtptest.New(t)
	wire, through := newWire(t, pgtest.URL(t))
	p := serve(t, onPostgres(t, through), mailTo(smtp))
	p.register()
	p.confirm(smtp.WaitFor(t, 1).Token())
	token := p.login(password)
	p.me(token)

	wire.setCut(true)
	// Until it notices the cut, which takes 2 s at most, the server may answer from memory.
	me := func() (answer string, failed bool) {
		answer = p.graphql(token, `{ me { email } }`, nil)
		if strings.Contains(answer, "UNAUTHENTICATED") {
			t.Fatalf("without a database me got %s, want INTERNAL", answer)
		}
		return answer, strings.Contains(answer, `"INTERNAL"`)
	}
	waitUntil(t, "me fails without a database", func() bool { _, failed := me(); return failed })
	for range 3 {
		if answer, failed := me(); !failed {
			t.Fatalf("without a database me got %s, want INTERNAL", answer)
		}
	}
	answer := p.graphql("", `mutation { login(input: {email: "`+email+`", password: "`+password+`"}) { errors { code } } }`, nil)
	if !strings.Contains(answer, `"INTERNAL"`) || strings.Contains(answer, "INVALID_CREDENTIALS") {
		t.Errorf("without a database a login answers %s", answer)
	}
	if status, _ := p.get("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("without a database /readyz answers %d", status)
	}
	if status, _ := p.get("/healthz"); status != http.StatusOK {
		t.Errorf("without a database /healthz answers %d", status)
	}

	wire.setCut(false)
	waitUntil(t, "the server is ready again", func() bool {
		status, _ := p.get("/readyz")
		return status == http.StatusOK
	})
	p.me(token)
	p.graphql("", `mutation { requestPasswordReset(input: {email: "`+email+`"}) { errors { code } } }`, nil)
	smtp.WaitFor(t, 2)
	if anyToken.MatchString(p.output.String()) {
		t.Error("got a token in the log, want none")
	}
}

// waitUntil asks again and again until the condition holds.
func waitUntil(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(30 * time.Second)
	for !holds() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatalf("after 30 s it does not hold that %s", what)
		}
	}
}
