package httpd

import (
	"context"
	"net/http"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Observer is told of each request: when it begins, and by the function that it returns, when it is
// over, with its route ("" if it has none) and the status of the answer. The request is served in the
// context that it returns. It must not keep the request, and it must return at once.
type Observer interface {
	RequestBegun(ctx context.Context, r *http.Request) (context.Context, func(route string, status int))
}

// begun tells the observers that a request begins, and returns it with the context, in which it is served.
func (s *Server) begun(ctx context.Context, r *http.Request) (*http.Request, func(route string, status int)) {
	if len(s.config.Observers) == 1 {
		ctx, end := s.config.Observers[0].RequestBegun(ctx, r)
		return r.WithContext(ctx), end
	}
	ends := make([]func(string, int), len(s.config.Observers))
	for i, observer := range s.config.Observers {
		ctx, ends[i] = observer.RequestBegun(ctx, r)
	}
	return r.WithContext(ctx), func(route string, status int) {
		for _, end := range ends {
			end(route, status)
		}
	}
}

// accounts is how the log names the accounts that a request named: as the operator wants it.
func (s *Server) accounts(report *auth.Report) string {
	keys := report.Accounts()
	if s.config.AccountName == nil || len(keys) == 0 {
		return ""
	}
	for i, key := range keys {
		keys[i] = s.config.AccountName(key)
	}
	return strings.Join(keys, ",")
}
