package httpd

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateInterval is how often at most the files of a certificate are looked at.
const certificateInterval = time.Second

// Certificate is a certificate in files, and its key. It is read again when the files change, so that
// the server need not be restarted when it is renewed. It is safe for concurrent use.
type Certificate struct {
	Now func() time.Time

	certFile, keyFile string
	logger            *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	files   [2]fs.FileInfo // as they were when current was read
	failed  [2]fs.FileInfo // as they were when it was said last that they cannot be used; nil: gone
	reason  string         // what was said; empty: nothing since current was read
	looked  time.Time
}

// LoadCertificate reads a certificate (with those between it and the root) and its key from files of
// PEM. It fails if one cannot be read, or if they are not a pair.
func LoadCertificate(certFile, keyFile string, logger *slog.Logger) (*Certificate, error) {
	c := &Certificate{Now: time.Now, certFile: certFile, keyFile: keyFile, logger: logger}
	c.files, c.looked = c.look(), c.Now()
	pair, err := c.read()
	if err != nil {
		return nil, err
	}
	c.current = pair
	return c, nil
}

// Check returns when the certificate that is in the files now runs out. It fails if it has run out, is
// not valid yet, or is not for the host. It does not check whether the issuer is trusted.
func (c *Certificate) Check(host string) (notAfter time.Time, err error) {
	leaf, now := c.get().Leaf, c.Now()
	switch {
	case now.After(leaf.NotAfter):
		err = fmt.Errorf("the certificate ran out on %s", leaf.NotAfter.UTC().Format(time.DateOnly))
	case now.Before(leaf.NotBefore):
		err = fmt.Errorf("the certificate is not valid before %s", leaf.NotBefore.UTC().Format(time.DateOnly))
	case leaf.VerifyHostname(host) != nil:
		err = fmt.Errorf("the certificate is not for %s", host)
	}
	return leaf.NotAfter, err
}

// config returns how to speak TLS. What is older than 1.2 is broken (RFC 8996).
func (c *Certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.get(), nil },
	}
}

// get returns the certificate in force: that of the files, or the one before while they hold no pair,
// as between the writing of the one and of the other.
func (c *Certificate) get() *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.Now(); now.Sub(c.looked) >= certificateInterval {
		c.looked = now
		c.refresh()
	}
	return c.current
}

// refresh reads the files if they are not those that the certificate in force was read from, and goes on
// until that is good: what was in the way, the mode of a file, say, need not change how it looks. It says
// once of each change, and of each reason, that it was not.
func (c *Certificate) refresh() {
	files := c.look() // before they are read, so that a change in between is seen the next time
	if sameFiles(files, c.files) && c.reason == "" {
		return
	}

	pair, err := c.read()
	if err != nil {
		if reason := err.Error(); reason != c.reason || !sameFiles(files, c.failed) {
			c.failed, c.reason = files, reason
			c.logger.Warn("the certificate changed and cannot be used: the one before stays in use", "error", reason)
		}
		return
	}
	c.current, c.files, c.reason = pair, files, ""
	c.logger.Info("the certificate was read again", "not_after", pair.Leaf.NotAfter.UTC())
}

func sameFiles(a, b [2]fs.FileInfo) bool { return same(a[0], b[0]) && same(a[1], b[1]) }

// look returns what the system says of the files, without reading them.
func (c *Certificate) look() (files [2]fs.FileInfo) {
	for i, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			files[i] = info
		}
	}
	return files
}

// same reports whether a file is the one it was: not another of its name, nor written to.
func same(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// read reads the pair. No error has anything of what is in the files.
func (c *Certificate) read() (*tls.Certificate, error) {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate: %w", err)
	}
	key, err := os.ReadFile(c.keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the key of the certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s with key %s: %w", c.certFile, c.keyFile, err)
	}
	return &pair, nil
}
