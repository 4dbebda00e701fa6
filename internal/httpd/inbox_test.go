package httpd_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// letterbox is an inbox that a test fills.
type letterbox struct {
	mu      sync.Mutex
	mails   []httpd.Mail
	arrived chan struct{}
}

func newLetterbox(mails ...httpd.Mail) *letterbox {
	return &letterbox{mails: mails, arrived: make(chan struct{})}
}

func (l *letterbox) Mails() []httpd.Mail {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.mails)
}

func (l *letterbox) Arrived() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.arrived
}

func (l *letterbox) put(m httpd.Mail) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mails = slices.Insert(l.mails, 0, m)
	close(l.arrived)
	l.arrived = make(chan struct{})
}

const mailLink = "https://engine.example/confirm?token=" + token

func mailed(id string) httpd.Mail {
	return httpd.Mail{
		ID: id, From: `"Engines" <hello@engine.example>`, To: "ada@engine.example", Subject: "Confirm <your> address",
		Date: time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC),
		Text: secret.Text("Hello <Ada>,\n\n" + mailLink + "\n\nBye.\n"),
		HTML: secret.Text("<!doctype html>\n<html><HEAD lang=\"en\"><title>x</title></HEAD><body><a href=\"" + mailLink + "\">Confirm</a></body></html>"),
	}
}

// developing starts a server of development with the inbox.
func developing(t *testing.T, box httpd.Inbox) *world {
	w := start(t, func(c *httpd.Config) {
		c.PublicURL = "http://localhost:8080"
		c.Development = &httpd.Development{Inbox: box, InboxKey: "the-key", InboxCookie: "the-cookie"}
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")}
	})
	w.cookie = &http.Cookie{Name: "latchkey_inbox_8080", Value: "the-cookie"}
	return w
}

// TestTheKeyOfTheInbox is what a tunnel that hides itself does not have.
func TestTheKeyOfTheInbox(t *testing.T) {
	t.Parallel()
	w := developing(t, newLetterbox(mailed("1@x")))
	w.cookie = nil

	t.Run("without it nothing is told", func(t *testing.T) {
		for _, cookie := range []*http.Cookie{
			nil, {Name: "latchkey_inbox_8080", Value: "the-key"}, {Name: "latchkey_inbox_8080", Value: ""}, {Name: "latchkey_inbox_9090", Value: "the-cookie"},
		} {
			for _, path := range append(inboxPaths, "/dev/mail?key=", "/dev/mail?key=the-cookie", "/dev/mail/1@x?key=the-key") {
				w.cookie = cookie
				got := w.get(path)
				wantStatus(t, got, http.StatusForbidden)
				wantIn(t, got.body, "printed when it started")
				wantNotIn(t, got.body, token, "ada@", "the-key", "the-cookie")
				if len(got.header.Values("Set-Cookie")) > 0 {
					t.Errorf("%s: a cookie is set", path)
				}
			}
		}
	})
	t.Run("it is exchanged for a cookie of the inbox alone, and leaves the address bar", func(t *testing.T) {
		w.cookie = nil
		got := w.get("/dev/mail?key=the-key")
		wantStatus(t, got, http.StatusSeeOther)
		if location := got.header.Get("Location"); location != "/dev/mail" {
			t.Errorf("it leads to %q", location)
		}
		wantIn(t, got.header.Get("Set-Cookie"), "latchkey_inbox_8080=the-cookie", "Path=/dev/mail", "HttpOnly", "SameSite=Lax")
		wantNotIn(t, got.header.Get("Set-Cookie"), "the-key")
	})
	t.Run("no page tells it", func(t *testing.T) {
		door := w.get("/").body
		wantIn(t, door, `href="dev/mail"`)
		wantNotIn(t, door+w.log.String(), "the-key", "the-cookie")
	})
	t.Run("an inbox without a key is closed to all", func(t *testing.T) {
		keyless := start(t, func(c *httpd.Config) { c.Development = &httpd.Development{Inbox: newLetterbox()} })
		keyless.cookie = &http.Cookie{Name: "latchkey_inbox", Value: ""}
		for _, path := range []string{"/dev/mail", "/dev/mail?key="} {
			wantStatus(t, keyless.get(path), http.StatusForbidden)
		}
	})
}

// inboxPaths are all there is of the inbox.
var inboxPaths = []string{"/dev/mail", "/dev/mail/1@x", "/dev/mail/1@x/html", "/dev/mail/events"}

// TestTheInboxAnswersToThisMachineOnly has a case for each way in that was thought of. Whoever reads
// the inbox can log in as anybody.
func TestTheInboxAnswersToThisMachineOnly(t *testing.T) {
	t.Parallel()
	w := developing(t, newLetterbox(mailed("1@x")))
	ask := func(path string, change func(*http.Request)) *httptest.ResponseRecorder {
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // a stream that was let in ends at once
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:8080"
		r.AddCookie(w.cookie)
		change(r)
		recorded := httptest.NewRecorder()
		w.server.ServeHTTP(&deadlines{recorded}, r)
		return recorded
	}
	from := func(addr string) func(*http.Request) { return func(r *http.Request) { r.RemoteAddr = addr } }
	host := func(name string) func(*http.Request) { return func(r *http.Request) { r.Host = name } }
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}

	for name, change := range map[string]func(*http.Request){
		"a client of this machine":     from("127.0.0.1:1"),
		"another address of it":        from("127.1.2.3:1"),
		"a client of IPv6":             from("[::1]:1"),
		"a client of IPv4 in IPv6":     from("[::ffff:127.0.0.1]:1"),
		"localhost without a port":     host("localhost"),
		"localhost in capitals":        host("LOCALHOST:8080"),
		"127.0.0.1":                    host("127.0.0.1:8080"),
		"an address of IPv6":           host("[::1]:8080"),
		"an address of IPv6, portless": host("[::1]"),
		"a header of no proxy":         header("X-Request-Id", "1"),
	} {
		t.Run("is open to "+name, func(t *testing.T) {
			for _, path := range inboxPaths {
				if got := ask(path, change); got.Code != http.StatusOK {
					t.Errorf("%s: status %d: %s", path, got.Code, got.Body)
				}
			}
		})
	}

	for name, change := range map[string]func(*http.Request){
		"a client of another machine":                  from("192.0.2.1:1"),
		"a client of the same network":                 from("10.0.0.7:1"),
		"a client of IPv6 elsewhere":                   from("[2001:db8::1]:1"),
		"a client without an address":                  from("@"),
		"a name that leads here (DNS rebinding)":       host("rebound.evil.example:8080"),
		"a name that only begins with localhost":       host("localhost.evil.example"),
		"a name that only ends with localhost":         host("evil-localhost"),
		"a name below localhost":                       host("evil.localhost"),
		"a name that begins with the address":          host("127.0.0.1.evil.example"),
		"an address of the network":                    host("192.168.1.5:8080"),
		"every address of the machine":                 host("0.0.0.0:8080"),
		"no name at all":                               host(""),
		"a port that is none":                          host("localhost:evil"),
		"a user in the name":                           host("localhost@evil.example"),
		"X-Forwarded-For":                              header("X-Forwarded-For", "127.0.0.1"),
		"X-Forwarded-For, empty":                       header("X-Forwarded-For", ""),
		"X-Forwarded-Host":                             header("X-Forwarded-Host", "localhost"),
		"X-Forwarded-Proto":                            header("X-Forwarded-Proto", "http"),
		"X-Forwarded-Anything":                         header("X-Forwarded-Whatever", "x"),
		"Forwarded":                                    header("Forwarded", "for=127.0.0.1"),
		"X-Real-IP":                                    header("X-Real-IP", "127.0.0.1"),
		"Via":                                          header("Via", "1.1 tunnel"),
		"CF-Connecting-IP":                             header("CF-Connecting-IP", "127.0.0.1"),
		"True-Client-IP":                               header("True-Client-IP", "127.0.0.1"),
		"a trusted proxy that speaks for this machine": func(r *http.Request) { r.RemoteAddr = "10.0.0.1:1"; r.Header.Set("X-Forwarded-For", "127.0.0.1") },
	} {
		t.Run("is closed to "+name, func(t *testing.T) {
			for _, path := range inboxPaths {
				got := ask(path, change)
				if got.Code != http.StatusForbidden {
					t.Errorf("%s: status %d", path, got.Code)
				}
				wantNotIn(t, got.Body.String(), token, "Confirm", "ada@", "1@x")
			}
			wantNotIn(t, ask("/", change).Body.String(), "dev/mail")
		})
	}

	t.Run("has no events for pages of other origins", func(t *testing.T) {
		for _, site := range []string{"cross-site", "same-site"} {
			if got := ask("/dev/mail/events", header("Sec-Fetch-Site", site)); got.Code != http.StatusForbidden {
				t.Errorf("%s: status %d", site, got.Code)
			}
		}
	})
}

// deadlines are what a connection has and a recorder lacks.
type deadlines struct{ *httptest.ResponseRecorder }

func (*deadlines) SetWriteDeadline(time.Time) error { return nil }

func TestThereIsNoInboxInProduction(t *testing.T) {
	t.Parallel()
	for name, development := range map[string]*httpd.Development{"production": nil, "development without mail": {}} {
		t.Run(name, func(t *testing.T) {
			w := start(t, func(c *httpd.Config) { c.Development = development })
			for _, path := range inboxPaths {
				wantStatus(t, w.get(path), http.StatusNotFound)
			}
			wantNotIn(t, w.get("/").body, "dev/mail")
		})
	}
}

func TestInbox(t *testing.T) {
	t.Parallel()
	w := developing(t, newLetterbox(mailed("2@x"), mailed("1@x")))
	inbox := w.get("/dev/mail")

	t.Run("lists the mails, the newest first, and shows that one", func(t *testing.T) {
		wantStatus(t, inbox, http.StatusOK)
		wantIn(t, inbox.body, "Confirm &lt;your&gt; address", "Hello &lt;Ada&gt;,", `data-newest="2@x"`, `src="../dev/mail/2@x/html"`)
		if newer, older := strings.Index(inbox.body, `href="../dev/mail/2@x"`), strings.Index(inbox.body, `href="../dev/mail/1@x"`); newer < 0 || older < newer {
			t.Error("got the older mail first, want the newer")
		}
	})
	t.Run("makes links of addresses in the text, and of nothing else", func(t *testing.T) {
		wantIn(t, inbox.body, `<a href="`+mailLink+`" target="_blank" rel="noopener noreferrer">`)
		if n := strings.Count(inbox.body, `target="_blank"`); n != 1 {
			t.Errorf("there are %d links", n)
		}
	})
	t.Run("shows the one that is asked for", func(t *testing.T) {
		got := w.get("/dev/mail/1@x")
		wantStatus(t, got, http.StatusOK)
		wantIn(t, got.body, `src="../../dev/mail/1@x/html"`, `data-newest="2@x"`)
	})
	t.Run("says of one that is gone that it is", func(t *testing.T) {
		for _, path := range []string{"/dev/mail/0@x", "/dev/mail/0@x/html"} {
			got := w.get(path)
			wantStatus(t, got, http.StatusNotFound)
			wantIn(t, got.body, "gone")
		}
	})
	t.Run("lets its own script and the mail in a sandbox run, and nothing else", func(t *testing.T) {
		wantIn(t, inbox.header.Get("Content-Security-Policy"), "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
		wantNotIn(t, inbox.header.Get("Content-Security-Policy"), "unsafe", "http")
		wantIn(t, inbox.body, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	})

	page := w.get("/dev/mail/1@x/html")
	t.Run("gives the page of a mail as it was sent, with links in windows of their own", func(t *testing.T) {
		wantStatus(t, page, http.StatusOK)
		want := strings.Replace(mailed("1@x").HTML.Reveal(), `<HEAD lang="en">`, `<HEAD lang="en"><base target="_blank">`, 1)
		if page.body != want {
			t.Errorf("the page is\n%s", page.body)
		}
	})
	t.Run("keeps the page of a mail from running, loading and sending anything", func(t *testing.T) {
		policy := page.header.Get("Content-Security-Policy")
		wantIn(t, policy, "default-src 'none'", "sandbox allow-popups", "form-action 'none'", "base-uri 'none'", "frame-ancestors 'self'")
		wantNotIn(t, policy, "allow-scripts", "allow-same-origin", "allow-forms", "allow-top-navigation", "script-src", "connect-src")
		if got := page.header.Get("X-Frame-Options"); got != "SAMEORIGIN" {
			t.Errorf("X-Frame-Options: %q", got)
		}
	})
	t.Run("leaves a text that is no link alone, whatever it says", func(t *testing.T) {
		evil := mailed("3@x")
		evil.Text = `javascript:alert(1) https://a.example/"onclick="x <script>alert(1)</script> data:text/html,x`
		got := developing(t, newLetterbox(evil)).get("/dev/mail").body
		wantIn(t, got, `<a href="https://a.example/" target`)
		wantNotIn(t, got, `href="javascript`, `<script>alert`, `href="data`, `"onclick="`)
	})
	t.Run("is empty at first", func(t *testing.T) {
		wantIn(t, developing(t, newLetterbox()).get("/dev/mail").body, "No mail yet", `data-newest=""`)
	})
	t.Run("tells nothing of a mail in the log", func(t *testing.T) {
		wantNotIn(t, w.log.String(), token, "ada@", "1@x")
	})
}

// stream is the events of the inbox, as a page has them.
type stream struct {
	status    int
	mediaType string
	close     func()
	next      func() string // waits for the next event, or says that this is the end
}

// listen opens a stream.
func (w *world) listen(t *testing.T) *stream {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/dev/mail/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	if w.cookie != nil {
		r.AddCookie(w.cookie)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	lines := bufio.NewScanner(response.Body)
	return &stream{status: response.StatusCode, mediaType: response.Header.Get("Content-Type"), close: cancel, next: func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data:"); ok {
				return strings.TrimSpace(data)
			}
		}
		return fmt.Sprintf("[the end: %v]", lines.Err())
	}}
}

func TestInboxEvents(t *testing.T) {
	t.Parallel()
	t.Run("tell the newest mail at once, and each that arrives", func(t *testing.T) {
		box := newLetterbox(mailed("1@x"))
		w := developing(t, box)
		events := w.listen(t)
		if events.mediaType != "text/event-stream" {
			t.Errorf("Content-Type %q", events.mediaType)
		}
		got := []string{events.next()}
		box.put(mailed("2@x"))
		got = append(got, events.next())
		box.put(mailed("3@x"))
		got = append(got, events.next())
		if !slices.Equal(got, []string{"1@x", "2@x", "3@x"}) {
			t.Errorf("told: %q", got)
		}
	})

	t.Run("outlive the times for reading, for writing and for a request, and end when the server stops", func(t *testing.T) {
		box := newLetterbox()
		short := 50 * time.Millisecond
		over := make(chan struct{})
		r := serve(t, func(c *httpd.Config) {
			c.Development = &httpd.Development{Inbox: box, InboxKey: "the-key", InboxCookie: "the-cookie"}
			c.Timeouts = httpd.Timeouts{Read: short, Write: short, Request: short, Grace: time.Hour} // a server that waits for the stream does not end
			c.GraphQL = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); over <- struct{}{} })
		})
		r.cookie = &http.Cookie{Name: "latchkey_inbox", Value: "the-cookie"}
		next := r.listen(t).next
		if got := next(); got != "" {
			t.Fatalf("told of an empty inbox: %q", got)
		}
		for range 3 { // each is given up when the time for a request is over
			go func() {
				response, err := http.Post(r.url+"/graphql", "application/json", nil) //nolint:noctx // the server gives it up
				if err == nil {
					_ = response.Body.Close()
				}
			}()
			<-over
		}
		box.put(mailed("1@x"))
		if got := next(); got != "1@x" {
			t.Fatalf("told: %q", got)
		}
		r.stop()
		if err := r.wait(); err != nil {
			t.Errorf("the server ended with %v", err)
		}
		if got := next(); !strings.HasPrefix(got, "[the end") {
			t.Errorf("told after the end: %q", got)
		}
	})

	t.Run("are for a few windows at once, and free again when one closes", func(t *testing.T) {
		w := developing(t, newLetterbox())
		var open []*stream
		for {
			events := w.listen(t)
			if events.status == http.StatusServiceUnavailable {
				break
			}
			events.next()
			if open = append(open, events); len(open) > 100 {
				t.Fatal("got events without end, want an end")
			}
		}
		open[0].close()
		waitFor(t, func() bool { return w.listen(t).status == http.StatusOK })
	})
}
