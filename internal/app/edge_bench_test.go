//go:build unix

package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/bench/bare"
	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/metrics"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// BenchmarkEdge asks who one is over real connections, of everything that a server is but its database:
// the one who asks is always the same, and known. Beside it is the same question to gqlgen as it comes,
// which checks, counts and logs nothing. Processor time is that of the whole process, which is also the
// client: it costs both the same.
func BenchmarkEdge(b *testing.B) {
	for _, c := range []struct {
		name  string
		start func(b *testing.B) (address string)
	}{{"bare gqlgen", startBare}, {"latchkey", startEdge}} {
		b.Run(c.name, func(b *testing.B) { askEdge(b, c.start(b)) })
	}
}

// startBare starts gqlgen as it comes.
func startBare(b *testing.B) string {
	b.Helper()
	in, end := io.Pipe()
	said, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- bare.Serve(context.Background(), bare.GraphQL, "", in, out) }()
	b.Cleanup(func() {
		_ = end.Close()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	var address string
	if _, err := fmt.Fscanln(said, &address); err != nil {
		b.Fatal(err)
	}
	return address
}

// known is a domain in which everybody is the same user.
type known struct {
	graph.Service
	caller *auth.Caller
}

// Authenticate implements graph.Service.
func (k known) Authenticate(context.Context, secret.Text) (*auth.Caller, error) { return k.caller, nil }

// AuthorizeRead implements graph.Service.
func (k known) AuthorizeRead(context.Context, secret.Text, auth.Requirement) (*auth.Caller, error) {
	return k.caller, nil
}

// Authorize implements graph.Service.
func (known) Authorize(*auth.Caller, auth.Requirement) error { return nil }

// startEdge starts the server with its log in a file and its metrics, as it is in production.
func startEdge(b *testing.B) string {
	b.Helper()
	ballast := newBallast(os.Getenv)
	b.Cleanup(func() { runtime.KeepAlive(ballast) })
	now := time.Now()
	user := &auth.User{ID: uuid.New(), Email: address.Email{Address: "user-0@example.com"}, VerifiedAt: now, Name: "Ada", Role: auth.RoleUser, CreatedAt: now, UpdatedAt: now}
	service := known{caller: &auth.Caller{User: user, Session: &auth.Session{ID: uuid.New(), UserID: user.ID}}}
	log, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = log.Close() })
	logger := NewLogger(log, &config.Config{LogFormat: "json", LogLevel: slog.LevelInfo})
	counted := metrics.New(metrics.Sources{
		HashQueue: func() (int, int) { return 0, 0 }, Ping: func(context.Context) error { return nil },
		Outbox: func(context.Context, time.Time) (auth.OutboxDepth, error) { return auth.OutboxDepth{}, nil },
		Pools:  func() []metrics.Pool { return nil },
	})
	origins, err := httpd.NewOrigins("https://auth.example.com", nil, false)
	if err != nil {
		b.Fatal(err)
	}
	server, err := httpd.New(httpd.Config{
		GraphQL: graph.NewHandler(service, logger, graph.Options{
			CheckOrigin: origins.Check, Cookies: httpd.NewCookies(true, ""), Basic: true, Observers: []graph.Observer{counted},
		}),
		Ready: func(context.Context) error { return nil }, ProductName: "Latchkey", PublicURL: "https://auth.example.com",
		Logger: logger, Origins: origins, Observers: []httpd.Observer{counted}, AccountName: func(string) string { return "somebody" },
	})
	if err != nil {
		b.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx, listener) }()
	b.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	return listener.Addr().String()
}

// askEdge asks over eight connections at once, and reports processor time beside what Go does.
func askEdge(b *testing.B, address string) {
	b.Helper()
	const connections, body = 8, `{"query":"{ me { id email emailVerified name role } }"}`
	request := []byte("POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) +
		"\r\nAuthorization: Bearer lk_ses_0000000000000000000000000000000000000000000\r\n\r\n" + body)
	var clients []*edgeClient
	for range connections {
		conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", address)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		clients = append(clients, &edgeClient{conn: conn, reader: bufio.NewReader(conn)})
		if err := clients[0].ask(request); err != nil {
			b.Fatal(err)
		}
	}

	var left atomic.Int64
	left.Store(int64(b.N))
	failures := make(chan error, connections)
	b.ReportAllocs()
	b.ResetTimer()
	before := processorTime(b)
	for _, c := range clients {
		go func() {
			for left.Add(-1) >= 0 {
				if err := c.ask(request); err != nil {
					failures <- err
					return
				}
			}
			failures <- nil
		}()
	}
	for range clients {
		if err := <-failures; err != nil {
			b.Error(err)
		}
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// edgeClient costs as little as a client can, and allocates nothing.
type edgeClient struct {
	conn   net.Conn
	reader *bufio.Reader
}

var (
	edgeLength = []byte("Content-Length: ")
	edgeAnswer = []byte(`"email":"user-0@example.com"`)
)

// ask returns an error unless the answer tells who one is.
func (c *edgeClient) ask(request []byte) error {
	if _, err := c.conn.Write(request); err != nil {
		return err
	}
	length := 0
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200")) {
			return fmt.Errorf("the answer is not %d", http.StatusOK)
		}
		if digits, found := bytes.CutPrefix(line, edgeLength); found {
			for _, digit := range bytes.TrimSpace(digits) {
				length = 10*length + int(digit-'0')
			}
		}
		if len(line) == len("\r\n") {
			break
		}
	}
	body, err := c.reader.Peek(length)
	if err != nil {
		return err
	}
	if !bytes.Contains(body, edgeAnswer) {
		return fmt.Errorf("the answer has no user: %d bytes", length)
	}
	_, err = c.reader.Discard(length)
	return err
}
