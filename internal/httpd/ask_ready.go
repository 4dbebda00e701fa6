package httpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// healthTimeout is how long a server may take to say that it is ready.
const healthTimeout = 3 * time.Second

// AskReady asks the server that listens on an address of this machine whether it is ready. The certificate is for the public name and not for this address, and
// nothing is sent that an eavesdropper could use.
func AskReady(ctx context.Context, addr string, secure bool) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	u := url.URL{Scheme: "http", Host: onLoopback(addr), Path: "/readyz"}
	if secure {
		u.Scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // see above
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request) // without a proxy, and without following anything
	if err != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fmt.Errorf("%s does not answer within %v", u.Host, healthTimeout)
		}
		return fmt.Errorf("%s does not answer: %w", u.Host, err)
	}
	defer func() { _ = response.Body.Close() }()
	const most = 512 // bytes
	body, _ := io.ReadAll(io.LimitReader(response.Body, most))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s: %s", u.Host, response.Status, strings.TrimSpace(string(body)))
	}
	return nil
}

// onLoopback returns the address at which this machine reaches a server that listens on addr.
func onLoopback(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() && ip.To4() != nil {
		host = "127.0.0.1"
	} else if ip != nil && ip.IsUnspecified() {
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}
