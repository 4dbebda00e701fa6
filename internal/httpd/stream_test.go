package httpd_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// TestAnAnswerThatLastsOutlastsItsRequest: it ends when the client goes, or the server stops.
func TestAnAnswerThatLastsOutlastsItsRequest(t *testing.T) {
	t.Parallel()
	if _, cancel := httpd.Lasting(t.Context()); cancel == nil {
		t.Error("without a request there is no context")
	}
	for name, end := range map[string]func(leave, stop context.CancelFunc){
		"the client goes":  func(leave, _ context.CancelFunc) { leave() },
		"the server stops": func(_, stop context.CancelFunc) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begun, ended := make(chan struct{}), make(chan error, 1)
			r := serve(t, func(c *httpd.Config) {
				c.Timeouts.Request = time.Millisecond
				c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					lasts, cancel := httpd.Lasting(r.Context())
					defer cancel()
					<-r.Context().Done()
					ended <- lasts.Err()
					close(begun)
					<-lasts.Done()
					ended <- lasts.Err()
				})
			})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/graphql", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				if response, err := http.DefaultClient.Do(request); err == nil {
					_ = response.Body.Close()
				}
			}()
			<-begun
			if err := <-ended; err != nil {
				t.Errorf("got %v when the time of the request was over, want that the answer lasts", err)
			}
			go end(leave, r.stop)
			if err := <-ended; err == nil {
				t.Error("got no end")
			}
		})
	}
}
