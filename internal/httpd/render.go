package httpd

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/password"
)

// view is what a page shows. Addresses in it are relative, so that the server may be mounted under
// a prefix. Its exported fields and methods are what an operator's templates may use: docs/pages.md.
type view struct {
	Title  string
	Alerts []string // errors that belong to no field
	Lines  []string // paragraphs
	SignIn bool     // a link to the page for signing in follows
	Prove  bool     // so does one to where a second factor is proved

	Action    string   // where the form goes
	Token     string   // a hidden field of it
	Problems  []string // of its password
	MinLength int      // of a password, in characters

	Playground   bool   // there is one, for home
	AccountPages bool   // likewise
	Page         string // which part of the script runs; empty: none
	ReturnTo     string // where one goes after signing in
	ReturnQuery  string // the same for links between the pages: empty, or with its question mark
	Usernames    string // OFF, OPTIONAL or REQUIRED
	LoginCodes   bool
	Passkeys     bool
	SignUpClosed bool

	TrustedDevices bool // whether a device can skip the second step

	Providers      []button // links to those with which people sign in, in their order
	ProviderReturn string   // of a browser that comes back from one: what the script finishes that with, as JSON
	Next           *action  // what to do next; nil: nothing
	Root           string   // what leads from the page to /, so that the server may be mounted under a prefix

	Product, Version, Stylesheet, Script, Logo string // the same on every page; empty: there is none

	AdminStylesheet string // what the pages for administrators have besides

	pages *Pages
}

// Text returns a text by its key. It fails for a key that there is not.
func (v *view) Text(key string) (string, error) {
	if _, known := v.pages.texts[key]; !known {
		return "", fmt.Errorf("there is no text called %q. %s", key, nearest(key, slices.Sorted(maps.Keys(v.pages.texts))))
	}
	return v.pages.texts.say(key, "product", v.Product), nil
}

// Lang returns the language of the texts (BCP 47).
func (v *view) Lang() string { return v.pages.texts["lang"] }

// ScriptTexts returns the texts that the script says on this page, as JSON.
func (v *view) ScriptTexts() string { return v.pages.texts.forScript(v.Page, v.Product) }

// NewPasswordHint says what is asked of a new password.
func (v *view) NewPasswordHint() string {
	return v.pages.texts.say("field.new_password_hint", "length", strconv.Itoa(v.MinLength), "product", v.Product)
}

// HasUsernames reports whether users have usernames.
func (v *view) HasUsernames() bool { return v.Usernames != string(auth.UsernamesOff) }

// UsernameRequired reports whether a sign-up needs a username.
func (v *view) UsernameRequired() bool { return v.Usernames == string(auth.UsernamesRequired) }

// WindowTitle returns the title of the window: it tells of errors first.
func (v *view) WindowTitle() string {
	title := v.Title
	if len(v.Alerts) > 0 || len(v.Problems) > 0 {
		title = v.pages.texts.say("page.error", "title", title, "product", v.Product)
	}
	if v.Title != v.Product {
		title += " – " + v.Product
	}
	return title
}

// say returns a text of the pages, with values as name and value in turn.
func (s *Server) say(key string, values ...string) string {
	return s.pages.texts.say(key, append(values, "product", s.config.ProductName)...)
}

// page answers with a page. It is rendered before anything is sent, so that there is never half of one.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, file string, v view) {
	forms := s.config.Forms
	v.Passkeys = forms.Passkeys
	v.Usernames, v.LoginCodes, v.SignUpClosed = string(cmp.Or(forms.Usernames, auth.UsernamesOff)), forms.LoginCodes, forms.SignUpClosed
	v.TrustedDevices = forms.TrustedDevices
	v.MinLength = cmp.Or(s.config.PasswordLength, password.MinLength)
	v.pages, v.Product, v.Version, v.Stylesheet = s.pages, s.config.ProductName, s.config.Version, s.pages.stylesheet.path
	policy := policyOfPages
	if v.Page != "" {
		v.Script, policy = s.pages.script.path, policyOfApps
	}
	if v.Page == adminPage {
		v.Script, v.AdminStylesheet = s.pages.admin.script.path, s.pages.admin.stylesheet.path
	}
	if s.pages.logo != nil {
		v.Logo = s.pages.logo.path
	}
	if v.Providers == nil {
		v.Providers = s.buttons(&v)
	}
	if r.Pattern == callbackPath {
		v.Root = "../"
		v.Stylesheet, v.Logo = v.Root+v.Stylesheet, prefixed(v.Root, v.Logo)
	}
	var body bytes.Buffer
	if err := s.pages.templates[file].ExecuteTemplate(&body, "layout", &v); err != nil {
		s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "render page",
			slog.String("request_id", requestID(r)), slog.String("page", file), slog.String("error", err.Error()))
		s.text(w, r, http.StatusInternalServerError, "Something went wrong on our side. Request id: "+requestID(r))
		return
	}

	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policy)
	w.Header().Set("Referrer-Policy", referrerOfPages)
	w.WriteHeader(status)
	s.write(w, r, body.Bytes())
}

// prefixed returns an address with what leads to it; empty: there is none.
func prefixed(root, address string) string {
	if address == "" {
		return ""
	}
	return root + address
}

// message answers with a page that has nothing to do on it.
func (s *Server) message(w http.ResponseWriter, r *http.Request, status int, title string, lines ...string) {
	s.page(w, r, status, "message.html", view{Title: title, Lines: lines})
}

// internalPage says that it is our fault, and by which id it can be found in the log.
func (s *Server) internalPage(w http.ResponseWriter, r *http.Request) {
	s.message(w, r, http.StatusInternalServerError, s.say("page.internal.title"),
		s.say("page.internal.again"), s.say("page.internal.id", "id", requestID(r)))
}

// text answers with a line of plain text.
func (s *Server) text(w http.ResponseWriter, r *http.Request, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	s.write(w, r, []byte(line+"\n"))
}

// write sends a body. That it cannot be sent means that the client has gone: worth no more than a
// line for a developer who debugs.
func (s *Server) write(w io.Writer, r *http.Request, body []byte) {
	if _, err := w.Write(body); err != nil {
		s.config.Logger.LogAttrs(r.Context(), slog.LevelDebug, "client went away",
			slog.String("request_id", requestID(r)), slog.String("error", err.Error()))
	}
}

// only lets the methods pass, and answers any other with 405 and their names.
func (s *Server) only(methods []string, handler http.HandlerFunc) http.HandlerFunc {
	allow := strings.Join(methods, ", ")
	return func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(methods, r.Method) {
			w.Header().Set("Allow", allow)
			s.text(w, r, http.StatusMethodNotAllowed, "This address answers "+allow+" only.")
			return
		}
		handler(w, r)
	}
}
