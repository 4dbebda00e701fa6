package provider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/oauth2"
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
	errInner      = errors.New("it has an address of an inner network; if that is right, set private_network, which never stands for this machine itself")
	errPlain      = errors.New("its address does not begin with https://")
)

// reach says where requests may go besides the public internet.
type reach struct {
	private  bool // addresses of private networks (RFC 1918, RFC 4193); never link-local ones
	loopback bool // this machine, without TLS if need be
}

// client makes requests that end soon, read little, follow no redirects, and go only where reach says. Names are
// resolved before that is checked, so a name that leads inwards does not help. It uses no proxy.
type client struct {
	http  *http.Client
	reach reach
	ahead atomic.Pointer[time.Duration] // of the clock of this machine, at the last answer; nil: not known
}

// clockAhead returns how far the clock of this machine is ahead of the provider's.
func (c *client) clockAhead() (ahead time.Duration, known bool) {
	if at := c.ahead.Load(); at != nil {
		return *at, true
	}
	return 0, false
}

func newClient(reach reach, now func() time.Time) *client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if !reach.allows(address) {
			return errInner
		}
		return nil
	}}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: requestTimeout,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
	}
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

// special are the networks that netip has no question for: shared addresses, benchmarks, documentation, the future, and
// IPv6 addresses that hold IPv4 ones (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// allows reports whether a connection may be made to an address, host:port with an IP address as the host.
func (r reach) allows(address string) bool {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	ip := at.Addr().Unmap().WithZone("")
	switch {
	case ip.IsLoopback():
		return r.loopback
	case ip.IsPrivate():
		return r.private
	case !ip.IsGlobalUnicast():
		return false
	}
	for _, network := range special {
		if network.Contains(ip) {
			return false
		}
	}
	return true
}

// bounded refuses requests that would be readable on their way, and cuts off answers that are too long.
type bounded struct {
	next   http.RoundTripper
	client *client
	now    func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" && (!b.client.reach.loopback || !isLoopback(request.URL)) {
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

func isLoopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
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
