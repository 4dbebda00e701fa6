package httpd

import (
	"bytes"
	"html/template"
	"net/http"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/web"
)

// Development is what only developers get, in development mode: a front door that tells everything,
// and an inbox.
type Development struct {
	Inbox Inbox // at /dev/mail, for clients on this machine that have the key; nil: none
	// InboxKey opens the inbox, as the parameter "key" of its address, to a browser, which then has
	// InboxCookie. Without them no one can read it.
	InboxKey, InboxCookie secret.Text

	Facts      [][2]string // what is running, each a name and a value, for the front door
	FirstSteps []string    // lines of shell with which one sees the API work; none: not shown
}

// policyOfFrontDoor lets it run its one script, and load and send nothing else.
const policyOfFrontDoor = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// developerPages are the pages of development and their files.
type developerPages struct {
	door, inbox                    *template.Template
	style, doorScript, inboxScript *asset
}

// newDeveloperPages panics if a file is missing: no such binary starts.
func newDeveloperPages() *developerPages {
	parse := func(file string) *template.Template {
		return template.Must(template.ParseFS(web.Developer, "developer/layout.html", "developer/"+file))
	}
	return &developerPages{
		door:        parse("door.html"),
		inbox:       parse("inbox.html"),
		style:       newStatic("developer/developer.css"),
		doorScript:  newStatic("developer/door.js"),
		inboxScript: newStatic("developer/inbox.js"),
	}
}

// developerView is what every page of development shows.
type developerView struct {
	Title, Product       string
	Root                 string // what leads from the page to /, so that the server may be mounted under a prefix
	Style, Script        string
	Playground, HasInbox bool
	AccountPages         bool
}

func (s *Server) developerView(pages *developerPages, root string) developerView {
	return developerView{
		Product: s.config.ProductName, Root: root, Style: pages.style.path,
		Playground: s.config.Playground, AccountPages: !s.config.PagesOff,
	}
}

// developerPage answers with a page of development.
func (s *Server) developerPage(w http.ResponseWriter, r *http.Request, status int, page *template.Template, policy string, view any) {
	var body bytes.Buffer
	if err := page.ExecuteTemplate(&body, "layout", view); err != nil {
		panic(err) // of a template of ours that takes whatever is in a mail
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.WriteHeader(status)
	s.write(w, r, body.Bytes())
}

// frontDoor tells a developer what is running, whether it is well, and where to go.
func (s *Server) frontDoor(w http.ResponseWriter, r *http.Request, pages *developerPages) {
	view := struct {
		developerView
		Version    string
		Ready      bool
		Schema     bool
		Facts      [][2]string
		FirstSteps []string
	}{
		developerView: s.developerView(pages, ""), Version: s.config.Version, Schema: s.config.Schema != "",
		Ready: s.isReady(r.Context()) == nil, Facts: s.config.Development.Facts, FirstSteps: s.config.Development.FirstSteps,
	}
	view.Title, view.Script, view.HasInbox = s.config.ProductName, pages.doorScript.path, s.inboxRefusal(r) == ""
	s.developerPage(w, r, http.StatusOK, pages.door, policyOfFrontDoor, view)
}
