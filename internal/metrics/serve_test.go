package metrics_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/metrics"
)

func TestServe(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- metrics.New(sources()).Serve(ctx, listener, func(host string) bool { return strings.HasPrefix(host, "127.0.0.1:") }, slog.New(slog.DiscardHandler))
	}()

	url := "http://" + listener.Addr().String()
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/metrics", http.StatusOK},
		{http.MethodPost, "/metrics", http.StatusMethodNotAllowed},
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodGet, "/debug/pprof/", http.StatusNotFound},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, url+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if c.status == http.StatusOK {
			want(t, parse(t, response.Body), map[string]float64{"latchkey_database_up{}": 1})
		}
		_ = response.Body.Close()
		if response.StatusCode != c.status {
			t.Errorf("%s %s answers %d, want %d", c.method, c.path, response.StatusCode, c.status)
		}
	}

	t.Run("refuses other hosts", func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "rebound.evil.example"
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("status %d", response.StatusCode)
		}
	})

	stop()
	if err := <-ended; err != nil {
		t.Errorf("after the stop Serve returned %v", err)
	}
	if _, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String()); err == nil {
		t.Error("after the stop somebody still listens")
	}
}
