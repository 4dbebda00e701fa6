package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxRedirects  = 3
	maxSetLength  = 256 << 10 // bytes
	maxETagLength = 256       // bytes
)

// For how long keys are used without asking again. A server that forbids caching does not mean that
// each request of each service shall fetch its keys.
const (
	shortestLife = 30 * time.Second
	defaultLife  = 5 * time.Minute
	longestLife  = time.Hour
)

// keyAnswer is what the server said about its keys.
type keyAnswer struct {
	unchanged bool // they are those of the ETag; then keys and etag are empty
	keys      map[string]publicKey
	etag      string
	life      time.Duration
}

// fetchKeys asks for the keys, or whether they are still those of the ETag, if that is not empty.
func fetchKeys(ctx context.Context, client *http.Client, address, etag string) (answer keyAnswer, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return keyAnswer{}, err
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	response, err := client.Do(request)
	if err != nil {
		return keyAnswer{}, err
	}
	defer response.Body.Close()

	answer.life = lifetime(response.Header)
	switch {
	case response.StatusCode == http.StatusNotModified && etag != "":
		answer.unchanged = true
		return answer, nil
	case response.StatusCode != http.StatusOK:
		return keyAnswer{}, fmt.Errorf("the server answered with status %d", response.StatusCode)
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, maxSetLength+1))
	if err != nil {
		return keyAnswer{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxSetLength {
		return keyAnswer{}, errors.New("the answer is longer than 256 KiB")
	}
	if answer.keys, err = readKeys(body); err != nil {
		return keyAnswer{}, err
	}
	if tag := response.Header.Get("ETag"); len(tag) <= maxETagLength {
		answer.etag = tag
	}
	return answer, nil
}

// lifetime is for how long an answer may be used (RFC 9111 section 4.2), within our bounds. What a
// cache on the way has used up of it is gone.
func lifetime(h http.Header) time.Duration {
	life := defaultLife
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return shortestLife
		case "max-age":
			life = seconds(strings.Trim(value, `"`))
		}
	}
	return min(max(life-seconds(h.Get("Age")), shortestLife), longestLife)
}

// seconds reads a number of seconds, up to a day; what is none is 0.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}

// sameOriginClient returns a copy of the client that follows no redirect to another scheme, host or
// port: keys of another server are not the issuer's.
func sameOriginClient(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	own := *client
	own.CheckRedirect = func(next *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case next.URL.Scheme != first.Scheme || next.URL.Host != first.Host:
			return errors.New("the server redirects to another one, whose keys are not trusted")
		case len(via) > maxRedirects:
			return errors.New("the server redirects too often")
		}
		return nil
	}
	return &own
}
