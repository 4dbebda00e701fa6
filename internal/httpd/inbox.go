package httpd

import (
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Where the inbox of development is.
const (
	inboxPath       = "/dev/mail"
	inboxEventsPath = inboxPath + "/events"
	inboxMailPath   = inboxPath + "/{id}"
	inboxHTMLPath   = inboxPath + "/{id}/html"
)

// Content security policies of the inbox, and of a mail in it. The mail runs nothing and loads nothing,
// is of no origin, and may do no more than open a link in a window of its own.
const (
	policyOfInbox = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	policyOfMail = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; " +
		"sandbox allow-popups allow-popups-to-escape-sandbox"
)

// Mail is a mail as it was sent, for a developer to read.
type Mail struct {
	ID       string // of the Message-ID header; not a secret
	From, To string
	Subject  string
	Date     time.Time
	Text     secret.Text // lines end in LF
	HTML     secret.Text // a page
}

// Inbox has the mails of development. It is safe for concurrent use.
type Inbox interface {
	// Mails returns them, the newest first.
	Mails() []Mail
	// Arrived returns a channel that is closed when the next mail arrives.
	Arrived() <-chan struct{}
}

// forwardingHeaders are what proxies and tunnels add to what they pass on, beside X-Forwarded-*.
var forwardingHeaders = []string{
	"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host", "X-Original-Forwarded-For",
	"True-Client-Ip", "Cf-Connecting-Ip", "Fly-Client-Ip", "Fastly-Client-Ip", "X-Envoy-External-Address", "X-Proxyuser-Ip",
}

// inboxRefusal says why a request may not read the mails of development, with which anyone could sign in to
// any account, or nothing if it may: there has to be an inbox; the connection has to come from this very
// machine; nothing may have passed the request on, a tunnel to the internet, say; and the address bar
// has to say localhost, or a page of another site could have its own name lead here (DNS rebinding).
//
// Besides, it takes a key (see routeInbox), because a tunnel need not say that it is one. The address is
// that of the connection: what proxies say of it makes no difference, trusted or not.
func (s *Server) inboxRefusal(r *http.Request) string {
	switch {
	case s.config.Development == nil || s.config.Development.Inbox == nil:
		return "There is no inbox here: it is a part of development mode."
	case !clientIP(r.RemoteAddr).IsLoopback():
		return "The inbox can be read on the machine that the server runs on only: whoever reads it can log in as anybody."
	case passedOn(r.Header):
		return "The inbox does not answer through proxies and tunnels: whoever reads it can log in as anybody. Open it on the machine that the server runs on."
	case !ownName(r.Host):
		return "The inbox answers to localhost, 127.0.0.1 and [::1] only. Open it by one of these."
	}
	return ""
}

// passedOn reports whether a proxy has had its hands on the request, as far as it says so.
func passedOn(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains(forwardingHeaders, name) {
			return true
		}
	}
	return false
}

// ownName reports whether a Host header names this machine in a way that no name server has a say in:
// localhost, or a loopback address. Names below localhost are left to resolvers by some systems.
func ownName(host string) bool {
	name, ok := hostName(host)
	if !ok {
		return false
	}
	ip := net.ParseIP(name)
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// routeInbox makes the inbox known, if there is one.
func (s *Server) routeInbox(pages *developerPages) {
	if s.config.Development.Inbox == nil {
		return
	}
	s.routeStatic(pages.inboxScript)
	route := func(path string, handler http.HandlerFunc, methods ...string) {
		s.handle(path, func(w http.ResponseWriter, r *http.Request) {
			if refusal := s.inboxRefusal(r); refusal != "" {
				s.text(w, r, http.StatusForbidden, refusal)
				return
			}
			if r.URL.Path == inboxPath && r.URL.Query().Has(inboxKeyParameter) {
				s.unlockInbox(w, r)
				return
			}
			if !s.inboxUnlocked(r) {
				s.text(w, r, http.StatusForbidden, inboxLocked)
				return
			}
			handler(w, r)
		}, methods...)
	}
	route(inboxPath, func(w http.ResponseWriter, r *http.Request) { s.showInbox(w, r, pages, "../") }, http.MethodGet, http.MethodHead)
	route(inboxMailPath, func(w http.ResponseWriter, r *http.Request) { s.showInbox(w, r, pages, "../../") }, http.MethodGet, http.MethodHead)
	route(inboxHTMLPath, s.showMail, http.MethodGet, http.MethodHead)
	route(inboxEventsPath, s.inboxEvents, http.MethodGet)
}

// inboxView is what the page of the inbox shows.
type inboxView struct {
	developerView
	Mails  []Mail
	Newest string // the id of the newest mail; empty: there is none
	Shown  *Mail  // nil: there is none
	Chosen bool   // the one that is shown was asked for
	Text   []textPart
}

// textPart is a piece of a mail's text: words, or a link.
type textPart struct{ Words, Link string }

// showInbox shows the mails and one of them: that of the path, or the newest.
func (s *Server) showInbox(w http.ResponseWriter, r *http.Request, pages *developerPages, root string) {
	view := inboxView{developerView: s.developerView(pages, root), Mails: s.config.Development.Inbox.Mails()}
	view.Title, view.Script = "Inbox", pages.inboxScript.path
	if len(view.Mails) > 0 {
		view.Shown, view.Newest = &view.Mails[0], view.Mails[0].ID
	}
	status := http.StatusOK
	if id := r.PathValue("id"); id != "" {
		view.Chosen = true
		if view.Shown = mailOf(view.Mails, id); view.Shown == nil {
			status = http.StatusNotFound
		}
	}
	if view.Shown != nil {
		view.Text = linked(view.Shown.Text.Reveal())
	}
	s.developerPage(w, r, status, pages.inbox, policyOfInbox, view)
}

func mailOf(mails []Mail, id string) *Mail {
	i := slices.IndexFunc(mails, func(m Mail) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return &mails[i]
}

// webLink is what is taken for a link in a text.
var webLink = regexp.MustCompile(`https?://[^\s<>"]+`)

// linked takes a text apart into words and links.
func linked(text string) []textPart {
	var parts []textPart
	end := 0
	for _, place := range webLink.FindAllStringIndex(text, -1) {
		parts = append(parts, textPart{Words: text[end:place[0]]}, textPart{Link: text[place[0]:place[1]]})
		end = place[1]
	}
	return append(parts, textPart{Words: text[end:]})
}

// head is where the head of a page begins.
var head = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)

// showMail answers with the page in a mail, for the frame on ours. But for one thing it is as it was
// sent: its links open a new window, because no page of ours may be in a frame.
func (s *Server) showMail(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policyOfMail)
	w.Header().Set("X-Frame-Options", "SAMEORIGIN")
	mail := mailOf(s.config.Development.Inbox.Mails(), r.PathValue("id"))
	if mail == nil {
		s.text(w, r, http.StatusNotFound, "This mail is gone: the inbox keeps the last ones only, until the server stops.")
		return
	}
	page := mail.HTML.Reveal()
	if place := head.FindStringIndex(page); place != nil {
		page = page[:place[1]] + `<base target="_blank">` + page[place[1]:]
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	s.write(w, r, []byte(page))
}
