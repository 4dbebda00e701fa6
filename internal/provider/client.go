package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"github.com/latchkey-auth/latchkey/internal/outbound"
)

// Bounds of what a provider may do to this server.
const (
	requestTimeout = 10 * time.Second
	answerMaxBytes = 1 << 20
	personMaxBytes = 64 << 10 // of what an API says of a person
)

// Why a request was not made, or its answer not read.
var (
	errRedirected = errors.New("it answered with a redirect, which is not followed")
	errTooLong    = fmt.Errorf("it answered more than %d bytes", answerMaxBytes)
	errInner      = fmt.Errorf("%w; if that is right, set private_network, which never stands for this machine itself", outbound.ErrInner)
	errPlain      = errors.New("its address does not begin with https://")
)

// client makes requests that end soon, read little, follow no redirects, and go only where reach says.
type client struct {
	http  *http.Client
	reach outbound.Reach
	ahead atomic.Pointer[time.Duration] // of the clock of this machine, at the last answer; nil: not known
}

// clockAhead returns how far the clock of this machine is ahead of the provider's.
func (c *client) clockAhead() (ahead time.Duration, known bool) {
	if at := c.ahead.Load(); at != nil {
		return *at, true
	}
	return 0, false
}

func newClient(reach outbound.Reach, now func() time.Time) *client {
	transport := outbound.NewTransport(reach, errInner, requestTimeout)
	c := &client{reach: reach}
	c.http = &http.Client{
		Timeout:       requestTimeout,
		Transport:     &bounded{next: newKeyCache(transport, now), client: c, now: now},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirected },
	}
	return c
}

// in returns a context by which the libraries use the client.
func (c *client) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.http)
}

// bounded refuses requests that would be readable on their way, and cuts off answers that are too long.
type bounded struct {
	next   http.RoundTripper
	client *client
	now    func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if !b.client.reach.Accepts(request.URL) {
		return nil, errPlain
	}
	response, err := b.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if there, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		ahead := b.now().Sub(there)
		b.client.ahead.Store(&ahead)
	}
	response.Body = &boundedBody{ReadCloser: response.Body, left: answerMaxBytes}
	return response, nil
}

type boundedBody struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *boundedBody) Read(space []byte) (int, error) {
	n, err := b.ReadCloser.Read(space)
	if b.left -= n; b.left < 0 {
		return 0, errTooLong
	}
	return n, err
}

// withoutBody returns an error without what a provider has sent: the libraries put whole answers into theirs, and
// addresses with what was asked.
func withoutBody(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		if refused.ErrorCode != "" {
			return fmt.Errorf("it refused with the error %s", errorName(refused.ErrorCode))
		}
		return fmt.Errorf("it answered with status %d", refused.Response.StatusCode)
	}
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,60}$`)

// errorName returns the name of an error that came from outside, if it is nothing but a name.
func errorName(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return "of an unreadable name"
}
