package httpd_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
)

// files are a certificate and its key on disk.
type files struct {
	t         *testing.T
	cert, key string
}

func newFiles(t *testing.T, serial int64) files {
	t.Helper()
	dir := t.TempDir()
	f := files{t, filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")}
	cert, key := newPair(t, serial)
	f.put(f.cert, cert)
	f.put(f.key, key)
	return f
}

func (f files) put(name string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// newPair returns a certificate for localhost and its key.
func newPair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// clock is a time that is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// serveTLS runs a server that speaks https by the files, and the clock by which it looks at them.
func serveTLS(t *testing.T, f files, change func(*httpd.Config)) (*running, *clock) {
	t.Helper()
	at := &clock{now: time.Now().Add(time.Hour)} // later than when they are loaded
	r := serve(t, func(c *httpd.Config) {
		certificate, err := httpd.LoadCertificate(f.cert, f.key, c.Logger)
		if err != nil {
			t.Fatal(err)
		}
		certificate.Now = at.time
		c.Certificate = certificate
		if change != nil {
			change(c)
		}
	})
	r.url = "https" + strings.TrimPrefix(r.url, "http")
	return r, at
}

// trusting returns a client that takes any certificate: which one comes is what the tests look at.
func trusting(t *testing.T) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// shake connects by TLS and returns what was agreed.
func (r *running) shake(config *tls.Config) (tls.ConnectionState, error) {
	r.t.Helper()
	config.InsecureSkipVerify = true
	address := strings.TrimPrefix(strings.TrimPrefix(r.url, "https://"), "http://")
	connection, err := (&tls.Dialer{Config: config}).DialContext(r.t.Context(), "tcp", address)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	state := connection.(*tls.Conn).ConnectionState()
	return state, connection.Close()
}

// serial returns the number of the certificate that a new connection gets.
func (r *running) serial() int64 {
	r.t.Helper()
	state, err := r.shake(&tls.Config{})
	if err != nil {
		r.t.Fatal(err)
	}
	return state.PeerCertificates[0].SerialNumber.Int64()
}

func TestTLS(t *testing.T) {
	t.Parallel()
	r, _ := serveTLS(t, newFiles(t, 1), nil)

	t.Run("answers by HTTP/2, with a promise of https", func(t *testing.T) {
		request := r.request(http.MethodGet, "/healthz", "")
		request.Host = "accounts.example" // a health check may come by any name, or by none
		response, err := trusting(t).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if response.ProtoMajor != 2 || response.StatusCode != http.StatusOK || response.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
			t.Errorf("got %s %d %v, want HTTP/2, 200 and Strict-Transport-Security", response.Proto, response.StatusCode, response.Header)
		}
	})
	t.Run("promises nothing to localhost, where other servers are", func(t *testing.T) {
		for _, host := range []string{"localhost", "localhost:8443", "app.localhost:8443", "LOCALHOST."} {
			request := r.request(http.MethodGet, "/", "")
			request.Host = host
			response, err := trusting(t).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
			if got := response.Header.Get("Strict-Transport-Security"); got != "" {
				t.Errorf("%s: %q", host, got)
			}
		}
	})
	t.Run("speaks 1.2 and 1.3 and nothing older", func(t *testing.T) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			if _, err := r.shake(&tls.Config{MinVersion: version, MaxVersion: version}); err != nil {
				t.Errorf("%s: %v", tls.VersionName(version), err)
			}
		}
		if _, err := r.shake(&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}); err == nil {
			t.Error("TLS 1.1 is spoken")
		}
	})
	t.Run("does not answer by plain HTTP", func(t *testing.T) {
		connection := dial(t, "http"+strings.TrimPrefix(r.url, "https"))
		if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(connection)
		if err != nil {
			t.Fatal(err)
		}
		wantNotIn(t, string(answer), "200 OK")
	})
	t.Run("warns of no failed handshake, of which anybody can make as many as they like", func(t *testing.T) {
		r, _ := serveTLS(t, newFiles(t, 1), nil)
		connection := dial(t, "http"+strings.TrimPrefix(r.url, "https"))
		if _, err := io.WriteString(connection, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { return strings.Contains(r.log.String(), "TLS handshake error") })
		wantIn(t, r.log.String(), `"level":"DEBUG","msg":"http: TLS handshake error`)
		wantNotIn(t, r.log.String(), `"level":"WARN"`)
	})
	t.Run("cuts off a client that is slow with its handshake", func(t *testing.T) {
		r, _ := serveTLS(t, newFiles(t, 1), func(c *httpd.Config) { c.Timeouts.ReadHeader = 50 * time.Millisecond })
		wantCut(t, dial(t, "http"+strings.TrimPrefix(r.url, "https")))
	})
	t.Run("finishes what is in flight when it stops", func(t *testing.T) {
		handler := held{make(chan struct{}), make(chan struct{})}
		r, _ := serveTLS(t, newFiles(t, 1), func(c *httpd.Config) { c.GraphQL = handler; c.Timeouts.Drain = 10 * time.Millisecond })
		client, answered := trusting(t), make(chan int, 1)
		request := r.request(http.MethodPost, "/graphql", "")
		go func() {
			response, err := client.Do(request)
			if err != nil {
				answered <- 0
				return
			}
			_ = response.Body.Close()
			answered <- response.StatusCode
		}()
		<-handler.begun
		r.stop()
		waitFor(t, func() bool {
			connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(r.url, "https://"))
			return err != nil || connection.Close() != nil
		})
		close(handler.release)
		if status := <-answered; status != http.StatusAccepted {
			t.Errorf("status %d", status)
		}
		if err := r.wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestTheCertificateIsReadAgainWhenItChanges(t *testing.T) {
	t.Parallel()
	f := newFiles(t, 1)
	r, at := serveTLS(t, f, nil)
	want := func(serial int64) {
		t.Helper()
		if got := r.serial(); got != serial {
			t.Fatalf("certificate %d, want %d; log:\n%s", got, serial, r.log)
		}
	}
	want(1)

	cert, key := newPair(t, 2)
	f.put(f.cert, cert)
	at.move(time.Second)
	want(1) // the key is still the old one
	wantIn(t, r.log.String(), "the one before stays in use", "private key does not match")
	before := strings.Count(r.log.String(), "stays in use")
	for range 3 {
		at.move(time.Second)
		want(1)
	}
	if after := strings.Count(r.log.String(), "stays in use"); after != before || after != 1 {
		t.Errorf("it was said %d times", after)
	}
	f.put(f.key, key)
	at.move(time.Second)
	want(2)
	wantIn(t, r.log.String(), "the certificate was read again")

	f.put(f.cert, []byte("-----BEGIN CERTIFICATE-----\nbroken"))
	at.move(time.Second)
	want(2)
	if err := os.Remove(f.cert); err != nil {
		t.Fatal(err)
	}
	at.move(time.Second)
	want(2)

	// As a tool writes it that puts a whole new file in place, of the same size and time.
	cert, key = newPair(t, 3)
	f.put(f.key, key)
	f.put(f.cert, cert)
	at.move(time.Second)
	want(3)
	info, err := os.Stat(f.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = newPair(t, 4)
	for name, content := range map[string][]byte{f.cert: cert, f.key: key} {
		f.put(name+".new", content)
		if err := os.Chtimes(name+".new", info.ModTime(), info.ModTime()); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(name+".new", name); err != nil {
			t.Fatal(err)
		}
	}
	at.move(time.Second)
	want(4)

	cert, key = newPair(t, 5)
	f.put(f.cert, cert)
	f.put(f.key, key)
	at.move(time.Second - 1)
	want(4) // a flood of connections is no flood of looks
	at.move(1)
	want(5)
}

func TestACertificateIsReadAgainUntilItCanBe(t *testing.T) {
	t.Parallel()
	f := newFiles(t, 1)
	r, at := serveTLS(t, f, nil)
	cert, key := newPair(t, 2)
	f.put(f.cert, cert)
	f.put(f.key, bytes.ReplaceAll(key, []byte("BEGIN PRIVATE"), []byte("BEGIN PRIVATF")))
	for range 3 {
		at.move(time.Second)
		if got := r.serial(); got != 1 {
			t.Fatalf("certificate %d", got)
		}
	}
	if told := strings.Count(r.log.String(), "stays in use"); told != 1 {
		t.Errorf("it was said %d times; log:\n%s", told, r.log)
	}

	// A file that looks the same can be another thing to read, as after its mode was mended, which keeps
	// its time. Modes do not stop the root that tests may run as.
	info, err := os.Stat(f.key)
	if err != nil {
		t.Fatal(err)
	}
	f.put(f.key, key)
	if err := os.Chtimes(f.key, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	at.move(time.Second)
	if got := r.serial(); got != 2 {
		t.Errorf("certificate %d is in force; log:\n%s", got, r.log)
	}
	before := r.log.String()
	at.move(time.Second)
	r.serial()
	if after := r.log.String(); strings.Count(after, "read again") != strings.Count(before, "read again") {
		t.Errorf("it is read again and again; log:\n%s", after)
	}
}

func TestACertificateThatCannotBeUsedIsToldPlainly(t *testing.T) {
	t.Parallel()
	good, other := newFiles(t, 1), newFiles(t, 2)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	good.put(empty, nil)
	for name, c := range map[string]struct{ cert, key, want string }{
		"there is no certificate":         {good.cert + ".none", good.key, "read the certificate: open "},
		"there is no key":                 {good.cert, good.key + ".none", "read the key of the certificate: open "},
		"the key is of another":           {good.cert, other.key, "private key does not match public key"},
		"the certificate is empty":        {empty, good.key, "failed to find any PEM data in certificate"},
		"the two are mixed up":            {good.key, good.cert, "PEM inputs may have been switched"},
		"the certificate is a folder":     {filepath.Dir(good.cert), good.key, "read the certificate: "},
		"the key is in the certificate's": {good.cert, good.cert, "found a certificate rather than a key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := httpd.LoadCertificate(c.cert, c.key, slog.New(slog.DiscardHandler))
			if err == nil {
				t.Fatal("got no error for this certificate, want one")
			}
			wantIn(t, err.Error(), c.want)
			wantNotIn(t, err.Error(), "BEGIN")
		})
	}
}
