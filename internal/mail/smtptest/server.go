// Package smtptest is a mail server for tests: it takes every mail on a port of this machine and
// shows what it took. It can demand TLS and a login, refuse mails, and fall silent.
package smtptest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Host is a name that the server's certificate is valid for, next to localhost, 127.0.0.1 and ::1.
// It exists nowhere else: a client has to be told to dial Addr instead.
const Host = "mail.latchkey.test"

// Server is a running mail server.
type Server struct {
	options  options
	listener net.Listener
	smtp     *smtp.Server
	served   chan error
	cert     *certificate

	mutex    sync.Mutex
	arrived  chan struct{} // closed and made anew when a mail arrives
	messages []*Message
	failures []failure
	hang     *Hang
}

type failure struct {
	code    int
	content bool // answered to the content instead of the recipient
}

type options struct {
	addr           string
	implicitTLS    bool
	startTLS       bool
	user, password string
	mechanisms     []string
	unknown        []string            // mechanisms that are offered, and answered with 504
	answer         func([]byte) []byte // changes answers to EHLO; nil: none
	smtpUTF8       bool
}

// Option changes what a server demands and offers.
type Option func(*options)

// WithAddr makes the server listen at an address, such as the one an earlier server had.
func WithAddr(addr string) Option { return func(o *options) { o.addr = addr } }

// WithImplicitTLS makes the server speak TLS from the first byte (smtps).
func WithImplicitTLS() Option { return func(o *options) { o.implicitTLS = true } }

// WithStartTLS makes the server offer STARTTLS.
func WithStartTLS() Option { return func(o *options) { o.startTLS = true } }

// WithAuth makes the server demand a login by one of the mechanisms: PLAIN and LOGIN if none is
// named, CRAM-MD5 and SCRAM-SHA-256 too.
func WithAuth(user, password string, mechanisms ...string) Option {
	if len(mechanisms) == 0 {
		mechanisms = []string{"PLAIN", "LOGIN"}
	}
	return func(o *options) { o.user, o.password, o.mechanisms = user, password, mechanisms }
}

// WithUnknownMechanism makes the server offer a mechanism that it does not know when it is used.
func WithUnknownMechanism(name string) Option {
	return func(o *options) { o.unknown = append(o.unknown, name) }
}

// WithLowerCase makes the server write what it offers in lower case.
func WithLowerCase() Option { return func(o *options) { o.answer = bytes.ToLower } }

// WithAuthEquals makes the server offer logins as servers did before there was a standard: AUTH=PLAIN LOGIN.
func WithAuthEquals() Option {
	return func(o *options) {
		o.answer = func(p []byte) []byte { return bytes.Replace(p, []byte("AUTH "), []byte("AUTH="), 1) }
	}
}

// WithSMTPUTF8 makes the server take addresses that are not ASCII.
func WithSMTPUTF8() Option { return func(o *options) { o.smtpUTF8 = true } }

// New starts a server that ends with the test.
func New(t testing.TB, opts ...Option) *Server {
	t.Helper()
	s, err := NewServer(opts...)
	if err != nil {
		t.Fatalf("start the mail server: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop the mail server: %v", err)
		}
	})
	return s
}

// NewServer starts a server that ends with Close. Without options it listens on a free port of
// 127.0.0.1, without TLS and without a login.
func NewServer(opts ...Option) (*Server, error) {
	o := options{addr: "127.0.0.1:0"}
	for _, option := range opts {
		option(&o)
	}
	s := &Server{options: o, served: make(chan error, 1), arrived: make(chan struct{})}
	var err error
	if s.cert, err = newCertificate(); err != nil {
		return nil, fmt.Errorf("make a certificate: %w", err)
	}
	if s.listener, err = new(net.ListenConfig).Listen(context.Background(), "tcp", o.addr); err != nil {
		return nil, err
	}

	s.smtp = smtp.NewServer(smtp.BackendFunc(s.newSession))
	s.smtp.Domain = "localhost"
	s.smtp.AllowInsecureAuth = true
	s.smtp.EnableSMTPUTF8 = o.smtpUTF8
	s.smtp.ReadTimeout, s.smtp.WriteTimeout = time.Minute, time.Minute
	s.smtp.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are what tests are about
	listener := s.listener
	if o.answer != nil {
		listener = answerListener{listener, o.answer}
	}
	switch {
	case o.implicitTLS:
		listener = tls.NewListener(listener, s.cert.config())
	case o.startTLS:
		s.smtp.TLSConfig = s.cert.config()
	}
	go func() { s.served <- s.smtp.Serve(listener) }()
	return s, nil
}

// answerListener is for connections on which answers to EHLO are changed.
type answerListener struct {
	net.Listener
	change func([]byte) []byte
}

func (l answerListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return answerConn{conn, l.change}, err
}

type answerConn struct {
	net.Conn
	change func([]byte) []byte
}

// Write says that all was written if what was changed is.
func (c answerConn) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("250-")) {
		return c.Conn.Write(p)
	}
	if n, err := c.Conn.Write(c.change(p)); err != nil {
		return n, err
	}
	return len(p), nil
}

// Close stops the server, closes all connections, and releases its port. Closing it again
// does nothing.
func (s *Server) Close() error {
	s.mutex.Lock()
	if s.hang != nil {
		s.hang.Release()
	}
	s.mutex.Unlock()

	err := s.smtp.Close()
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	// Serve may not have begun when Close was called; then the listener is still ours.
	if closeErr := s.listener.Close(); closeErr != nil && !errors.Is(closeErr, net.ErrClosed) {
		err = errors.Join(err, closeErr)
	}
	if serveErr := <-s.served; serveErr != nil && !errors.Is(serveErr, net.ErrClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// Addr returns where the server listens, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// URL returns what a client is to be configured with, user and password included.
func (s *Server) URL() string { return s.urlFor(s.Addr()) }

// NamedURL is URL with Host instead of an address of this machine, so that a client applies the rules
// it has for servers elsewhere. It must dial Addr.
func (s *Server) NamedURL() string {
	_, port, err := net.SplitHostPort(s.Addr())
	if err != nil {
		panic(err) // an address that net itself wrote
	}
	return s.urlFor(net.JoinHostPort(Host, port))
}

func (s *Server) urlFor(host string) string {
	u := url.URL{Scheme: "smtp", Host: host}
	if s.options.implicitTLS {
		u.Scheme = "smtps"
	}
	if s.options.user != "" {
		u.User = url.UserPassword(s.options.user, s.options.password)
	}
	return u.String()
}

// Dial connects to the server, whatever the address.
func (s *Server) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, s.Addr())
}

// RootCAs returns a pool of one authority, the one that signed the server's certificate.
func (s *Server) RootCAs() *x509.CertPool { return s.cert.pool() }

// CAPEM returns that authority's certificate, for SSL_CERT_FILE of a program under test.
func (s *Server) CAPEM() []byte { return s.cert.pem() }
