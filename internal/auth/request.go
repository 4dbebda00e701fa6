package auth

import (
	"context"
	"net/netip"
)

// Request is what is known of the request that a call is part of: facts for the record and the log,
// never authority.
type Request struct {
	ID        string     // unique; also in the answer, so that a user can quote it
	ClientIP  netip.Addr // the zero Addr: not known
	UserAgent string     // as sent, at most 512 bytes of valid UTF-8
	Secure    bool       // the client's own connection is encrypted, as far as it is known
	LinkMark  []byte     // stands for the browser and for the form of a mailed link that it sent; empty: none was
}

// address returns the client's address as text, and "" where it is not known.
func (r Request) address() string {
	if !r.ClientIP.IsValid() {
		return ""
	}
	return r.ClientIP.String()
}

type requestKey struct{}

// WithRequest returns a context that carries the facts of a request.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom returns the facts of the request; outside of one, as on the command line, there are
// none, and all of them are zero.
func RequestFrom(ctx context.Context) Request {
	r, _ := ctx.Value(requestKey{}).(Request)
	return r
}
