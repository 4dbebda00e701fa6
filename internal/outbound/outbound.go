// Package outbound makes connections to addresses that others have written down, such as those of providers. Where
// a connection may go is checked after the name is resolved, when it is made, so a name that leads inwards does not help.
package outbound

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// Reach says where connections may go besides the public internet.
type Reach struct {
	Private  bool // addresses of private networks (RFC 1918, RFC 4193); never link-local ones
	Loopback bool // this machine, without TLS if need be
}

// ErrInner says that an address is one of an inner network, which Reach leaves out.
var ErrInner = errors.New("it has an address of an inner network")

// special are the networks that netip has no question for: shared addresses, benchmarks, documentation, the future, and
// IPv6 addresses that hold IPv4 ones (RFC 6890).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"),
	netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"),
}

// Allows reports whether a connection may be made to an address, host:port with an IP address as the host.
func (r Reach) Allows(address string) bool {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return false
	}
	ip := at.Addr().Unmap().WithZone("")
	switch {
	case ip.IsLoopback():
		return r.Loopback
	case ip.IsPrivate():
		return r.Private
	case !ip.IsGlobalUnicast():
		return false
	}
	return !slices.ContainsFunc(special, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// Accepts reports whether a request may go to a URL as far as can be seen before its host is resolved: what it says is
// encrypted, or stays on this machine.
func (r Reach) Accepts(u *url.URL) bool {
	return u.Scheme == "https" || u.Scheme == "http" && r.Loopback && isLoopback(u)
}

func isLoopback(u *url.URL) bool {
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// NewTransport returns a transport that makes connections as far as reach goes, and waits for the beginning of an answer for
// no longer than patience. It uses no proxy. A connection that is not made fails with refusal.
func NewTransport(reach Reach, refusal error, patience time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 5 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		if !reach.Allows(address) {
			return refusal
		}
		return nil
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: patience,
		MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true,
	}
}
