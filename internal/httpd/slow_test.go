package httpd_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// wantCut reads what the server still says, and fails the test unless it then ends the connection.
func wantCut(t *testing.T, connection net.Conn) string {
	t.Helper()
	said, err := io.ReadAll(connection)
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Errorf("the connection stays open; it said %q", said)
	}
	return string(said)
}

// wantGivenUp fails the test unless a handler soon ends with an error of reading or writing.
func wantGivenUp(t *testing.T, ended <-chan error) {
	t.Helper()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("got the whole body, want it to be cut off")
		}
	case <-time.After(10 * time.Second):
		t.Error("the server waits for ever")
	}
}

// trickle sends a byte of the text at a time until the server has cut the connection.
func trickle(connection net.Conn, text string) {
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for i := 0; ; i++ {
		if _, err := connection.Write([]byte{text[i%len(text)]}); err != nil {
			return
		}
		<-ticker.C
	}
}

// readAll is a GraphQL handler that reads the body and says on ended how that went.
func readAll(ended chan<- error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		ended <- err
		w.WriteHeader(http.StatusBadRequest)
	})
}

func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	t.Run("with headers that come a byte at a time", func(t *testing.T) {
		r := serve(t, func(c *httpd.Config) { c.Timeouts.ReadHeader = 100 * time.Millisecond })
		connection := dial(t, r.url)
		go trickle(connection, "GET / HTTP/1.1\r\nHost: x\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")
		wantNotIn(t, wantCut(t, connection), "200 OK")
	})
	t.Run("with a body that comes a byte at a time", func(t *testing.T) {
		ended := make(chan error, 1)
		r := serve(t, func(c *httpd.Config) { c.GraphQL = readAll(ended); c.Timeouts.Read = 200 * time.Millisecond })
		connection := dial(t, r.url)
		if _, err := io.WriteString(connection, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		go trickle(connection, " ")
		wantGivenUp(t, ended)
		wantCut(t, connection)
	})
	t.Run("with a body of HTTP/2 that does not come", func(t *testing.T) {
		ended := make(chan error, 1)
		r, _ := serveTLS(t, newFiles(t, 1), func(c *httpd.Config) { c.GraphQL = readAll(ended); c.Timeouts.Read = 200 * time.Millisecond })
		body, hold := io.Pipe()
		defer func() { _ = hold.Close() }()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/graphql", body)
		if err != nil {
			t.Fatal(err)
		}
		client := trusting(t)
		meet(t, client, r.url) // or the handshake would be given up on a busy machine, and no body be waited for
		go func() {
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
			}
		}()
		wantGivenUp(t, ended)
	})
	t.Run("when they do not read the answer", func(t *testing.T) {
		ended := make(chan error, 1)
		r := serve(t, func(c *httpd.Config) {
			c.Timeouts.Write = 200 * time.Millisecond
			c.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				block := bytes.Repeat([]byte("x"), 1<<20)
				for {
					if _, err := w.Write(block); err != nil {
						ended <- err
						return
					}
				}
			})
		})
		connection := dial(t, r.url)
		if _, err := io.WriteString(connection, "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		wantGivenUp(t, ended)
	})
	t.Run("when they ask for nothing more", func(t *testing.T) {
		r := serve(t, func(c *httpd.Config) { c.Timeouts.Idle = 50 * time.Millisecond })
		connection := dial(t, r.url)
		if _, err := io.WriteString(connection, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		wantIn(t, wantCut(t, connection), "200 OK")
	})
}

// meet has the client a connection to the server, however often that takes.
func meet(t *testing.T, client *http.Client, url string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not met: %v", err)
		}
	}
}

func TestSlowClientsDoNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	const slow = 300
	r := serve(t, func(c *httpd.Config) { c.Timeouts.ReadHeader = 5 * time.Second })
	connections := make([]net.Conn, slow)
	for i := range connections {
		connections[i] = dial(t, r.url)
		if _, err := io.WriteString(connections[i], "POST /graphql HTTP/1.1\r\nHost: x\r\nX-Slow: "); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		wantStatus(t, r.get("/healthz"), http.StatusOK)
	}
	// They were there all the time.
	for _, connection := range connections {
		if _, err := io.WriteString(connection, "x\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		response, err := http.ReadResponse(bufio.NewReader(connection), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFlush(t *testing.T) {
	t.Parallel()
	t.Run("reaches the client before the answer is complete", func(t *testing.T) {
		release := make(chan struct{})
		w := start(t, func(c *httpd.Config) {
			c.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = io.WriteString(w, "first")
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				<-release
			})
		})
		response, err := http.DefaultClient.Do(w.request(http.MethodPost, "/graphql", ""))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len("first"))
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != "first" {
			t.Errorf("%q, %v", got, err)
		}
		close(release)
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Run("begins the answer, so that a panic after it cuts the connection", func(t *testing.T) {
		w := start(t, func(c *httpd.Config) {
			c.GraphQL = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				panic("x")
			})
		})
		response, err := http.DefaultClient.Do(w.request(http.MethodPost, "/graphql", ""))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(response.Body); err == nil {
			t.Error("the answer looks complete")
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		waitFor(t, func() bool { return bytes.Contains([]byte(w.log.String()), []byte(`"status":200`)) })
		wantIn(t, w.log.String(), `"cut":true`)
	})
}
