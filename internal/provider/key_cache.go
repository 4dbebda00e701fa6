package provider

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// keysKept is how long the keys of a provider are taken from memory rather than asked for once more, so that a flood of
// tokens with keys that do not exist is no flood of requests.
const keysKept = time.Minute

// lasts is how long an answer is kept: what went wrong for a much shorter time, because nobody can sign in meanwhile.
func (k cachedKeys) lasts() time.Duration {
	if k.err != nil {
		return failureKept
	}
	return keysKept
}

// keyCache answers requests for keys from memory for a while. Which those are it is told by mark.
type keyCache struct {
	next http.RoundTripper
	now  func() time.Time

	mu   sync.Mutex
	keys map[string]cachedKeys // by address
}

type cachedKeys struct {
	body []byte // nil: not fetched yet, or failed
	err  error
	at   time.Time
}

func newKeyCache(next http.RoundTripper, now func() time.Time) *keyCache {
	return &keyCache{next: next, now: now, keys: map[string]cachedKeys{}}
}

// mark has what is at an address be kept.
func (c *client) mark(address string) {
	cache := c.http.Transport.(*bounded).next.(*keyCache)
	cache.mu.Lock()
	defer cache.mu.Unlock()
	if _, ok := cache.keys[address]; !ok {
		cache.keys[address] = cachedKeys{}
	}
}

// RoundTrip implements http.RoundTripper. The go-oidc library asks for keys one request at a time, so holding the lock
// meanwhile keeps nobody else waiting.
func (c *keyCache) RoundTrip(request *http.Request) (*http.Response, error) {
	address := request.URL.String()
	c.mu.Lock()
	kept, isKept := c.keys[address]
	c.mu.Unlock()
	if !isKept || request.Method != http.MethodGet {
		return c.next.RoundTrip(request)
	}
	if kept.at.IsZero() || c.now().Sub(kept.at) >= kept.lasts() {
		kept = c.fetch(request)
		c.mu.Lock()
		c.keys[address] = kept
		c.mu.Unlock()
	}
	if kept.err != nil {
		return nil, kept.err
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: request,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(kept.body)),
	}, nil
}

// fetch asks for keys. What went wrong is kept as well, for a while.
func (c *keyCache) fetch(request *http.Request) cachedKeys {
	kept := cachedKeys{at: c.now()}
	response, err := c.next.RoundTrip(request)
	if err != nil {
		kept.err = err
		return kept
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		kept.err = statusError(response.StatusCode)
		return kept
	}
	kept.body, kept.err = io.ReadAll(io.LimitReader(response.Body, answerMaxBytes+1))
	if kept.err == nil && len(kept.body) > answerMaxBytes {
		kept.body, kept.err = nil, errTooLong
	}
	return kept
}

// statusError is an answer that is none.
type statusError int

// Error implements error.
func (e statusError) Error() string {
	return "it answered with status " + strings.ToLower(http.StatusText(int(e)))
}
