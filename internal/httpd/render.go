package httpd

import (
	"bytes"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/web"
)

// view is what a page shows. Addresses in it are relative, so that the server may be mounted under
// a prefix.
type view struct {
	Title  string
	Alerts []string // errors that belong to no field
	Lines  []string // paragraphs

	Action    string   // where the form goes
	Token     string   // a hidden field of it
	Problems  []string // of its password
	MinLength int      // of a password, in characters

	Playground bool // there is one, for home

	Product, Version, Stylesheet string // the same on every page
}

// parsePages returns the pages by file name, each with the layout. It panics on a template that does
// not parse: no such binary starts.
func parsePages() map[string]*template.Template {
	pages := make(map[string]*template.Template)
	for _, file := range []string{"home.html", "confirm.html", "reset.html", "email_change.html", "undo_email_change.html", "message.html"} {
		pages[file] = template.Must(template.ParseFS(web.Files, "layout.html", file))
	}
	return pages
}

// page answers with a page. It is rendered before anything is sent, so that there is never half of one.
func (s *Server) page(w http.ResponseWriter, r *http.Request, status int, file string, v view) {
	v.Product, v.Version, v.Stylesheet = s.config.ProductName, s.config.Version, stylesheetPath
	var body bytes.Buffer
	if err := s.pages[file].ExecuteTemplate(&body, "layout", v); err != nil {
		s.config.Logger.LogAttrs(r.Context(), slog.LevelError, "render page",
			slog.String("request_id", requestID(r)), slog.String("page", file), slog.String("error", err.Error()))
		s.text(w, r, http.StatusInternalServerError, "Something went wrong on our side. Request id: "+requestID(r))
		return
	}

	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", policyOfPages)
	w.Header().Set("Referrer-Policy", referrerOfPages)
	w.WriteHeader(status)
	s.write(w, r, body.Bytes())
}

// message answers with a page that has nothing to do on it.
func (s *Server) message(w http.ResponseWriter, r *http.Request, status int, title string, lines ...string) {
	s.page(w, r, status, "message.html", view{Title: title, Lines: lines})
}

// internalPage says that it is our fault, and by which id it can be found in the log.
func (s *Server) internalPage(w http.ResponseWriter, r *http.Request) {
	s.message(w, r, http.StatusInternalServerError, "Something went wrong on our side",
		"Try again in a moment.",
		"If it stays so, tell us this request id: "+requestID(r))
}

// text answers with a line of plain text.
func (s *Server) text(w http.ResponseWriter, r *http.Request, status int, line string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	s.write(w, r, []byte(line+"\n"))
}

// write sends a body. That it cannot be sent means that the client has gone: worth no more than a
// line for whoever debugs.
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
