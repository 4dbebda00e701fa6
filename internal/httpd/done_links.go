package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A link works once, but its button may be pressed twice, or the page that says so be loaded again. The
// browser that it worked for then hears so again, for a while. It is known by a cookie that it gets with the
// form; what it sent has to be the same, a password included.
const (
	doneCookie = "latchkey_link"
	doneFor    = 10 * time.Minute
	mostDone   = 10_000 // links that are remembered at once; about 2 MB
)

// donePage tells a user that the link worked.
type donePage struct {
	title string
	lines []string
}

// doneLinks remembers what links were followed here, so that of two requests at once the second waits for
// the first. Other replicas go by the mark in the cookie, which the first answer brings.
type doneLinks struct {
	key []byte // of the marks
	now func() time.Time

	mu    sync.Mutex
	links map[string]*followedLink // by their marks
}

type followedLink struct {
	over  chan struct{} // closed when it is known whether the link worked
	page  *donePage     // nil: it did not
	until time.Time     // zero while it is not over
}

func newDoneLinks(key []byte) *doneLinks {
	if key == nil {
		key = make([]byte, sha256.Size)
		_, _ = rand.Read(key) // never fails: it ends the program instead
	}
	return &doneLinks{key: key, now: time.Now, links: map[string]*followedLink{}}
}

// mark stands for one form of one browser. Neither the token nor a password can be found from it.
func (d *doneLinks) mark(browser, path string, form url.Values) string {
	mac := hmac.New(sha256.New, d.key)
	_, _ = fmt.Fprintf(mac, "%s %s %s", browser, path, form.Encode())
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// follow returns what act returns, or what it returned a while ago for the same mark, without an error.
func (d *doneLinks) follow(ctx context.Context, mark string, act func() (*donePage, error)) (*donePage, error) {
	for {
		link, mine := d.find(mark)
		if mine {
			return d.finish(mark, link, act)
		}
		select {
		case <-link.over:
			if link.page != nil {
				return link.page, nil
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// find returns the link of a mark, and whether it is the caller's to follow.
func (d *doneLinks) find(mark string) (link *followedLink, mine bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	if link, ok := d.links[mark]; ok && (link.until.IsZero() || now.Before(link.until)) {
		return link, false
	}
	if len(d.links) >= mostDone {
		for mark, link := range d.links {
			if !link.until.IsZero() && !now.Before(link.until) {
				delete(d.links, mark)
			}
		}
	}
	link = &followedLink{over: make(chan struct{})}
	if len(d.links) < mostDone { // else it is followed, and not remembered
		d.links[mark] = link
	}
	return link, true
}

// finish follows a link, and lets those who wait know.
func (d *doneLinks) finish(mark string, link *followedLink, act func() (*donePage, error)) (page *donePage, err error) {
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		link.page, link.until = page, d.now().Add(doneFor)
		if page == nil && d.links[mark] == link { // it failed, or act panicked
			delete(d.links, mark)
		}
		close(link.over)
	}()
	return act()
}

// browserOf returns the name of the browser in the cookie, and the mark of the form that worked, if any.
// A browser without a cookie gets a new name.
func browserOf(r *http.Request) (browser, mark string) {
	if cookies := r.CookiesNamed(doneCookie); len(cookies) == 1 {
		browser, mark, _ = strings.Cut(cookies[0].Value, ".")
	}
	if browser == "" {
		return rand.Text(), ""
	}
	return browser, mark
}

// setBrowser gives the browser its name, with the mark of a form that worked, if any.
func (s *Server) setBrowser(w http.ResponseWriter, r *http.Request, l link, browser, mark string) {
	path := "/" + l.path
	if s.public != nil {
		path = strings.TrimSuffix(s.public.Path, "/") + path
	}
	value := browser
	if mark != "" {
		value += "." + mark
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure unless there is no https, while developing
		Name: doneCookie, Value: value, Path: path, MaxAge: int(doneFor.Seconds()),
		Secure: s.secure || r.TLS != nil, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
