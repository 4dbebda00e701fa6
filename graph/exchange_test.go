package graph_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// The words of this password must not come back in any answer, nor reach the log.
const canary = "hunter2canary"

// endpoint is a server on SQLite, whose log is kept.
func endpoint(t *testing.T, options graph.Options) (url string, world *authtest.World, log *strings.Builder) {
	t.Helper()
	log = &strings.Builder{}
	world = authtest.New(t, authtest.SQLite(t), authtest.Mandatory)
	server := httptest.NewServer(graph.NewHandler(world.Service, slog.New(slog.NewTextHandler(log, nil)), options))
	t.Cleanup(server.Close)
	return server.URL, world, log
}

type exchange struct {
	method, contentType, accept, encoding, body string
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

func (e exchange) do(t *testing.T, url string) reply {
	t.Helper()
	method := e.method
	if method == "" {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(e.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"Content-Type": e.contentType, "Accept": e.accept, "Content-Encoding": e.encoding} {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{status: response.StatusCode, header: response.Header, body: string(read)}
}

// unread is a body that remembers whether somebody read it.
type unread struct{ read bool }

func (u *unread) Read([]byte) (int, error) {
	u.read = true
	return 0, io.EOF
}
