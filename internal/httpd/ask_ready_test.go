package httpd_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" || r.Method != http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte("not ready: the reason\n"))
	})
	plain, encrypted := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer encrypted.Close()

	addressOf := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	for name, want := range map[int]string{http.StatusOK: "", http.StatusServiceUnavailable: "503 Service Unavailable: not ready: the reason"} {
		status = name
		for _, err := range []error{httpd.AskReady(t.Context(), addressOf(plain), false), httpd.AskReady(t.Context(), addressOf(encrypted), true)} {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%d: %v", status, err)
			}
		}
	}
	plain.Close()
	if err := httpd.AskReady(t.Context(), addressOf(plain), false); err == nil || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("a server that is not there: %v", err)
	}
}

func TestWhereHealthIsAsked(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "[::1]:80", "127.0.0.1:9000": "127.0.0.1:9000", "10.0.0.5:80": "10.0.0.5:80",
	} {
		if got := httpd.OnLoopback(addr); got != want {
			t.Errorf("%s: %s", addr, got)
		}
	}
}
