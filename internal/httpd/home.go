package httpd

import (
	"net/http"
)

// routeFrontDoor makes the page at / known, and what only developers get.
func (s *Server) routeFrontDoor() {
	home := s.home
	if s.config.Development != nil {
		pages := newDeveloperPages()
		s.routeStatic(pages.style, pages.doorScript)
		s.routeInbox(pages)
		home = func(w http.ResponseWriter, r *http.Request) { s.frontDoor(w, r, pages) }
	}
	s.handle("/{$}", home, http.MethodGet, http.MethodHead)
}

// home tells a person who opened the server's address in a browser what this is, and not in which
// version: that helps attackers only.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	line := "This server keeps the accounts."
	if s.config.PagesOff {
		line += " It is made for programs: there is nothing to do here by hand."
	}
	s.page(w, r, http.StatusOK, "home.html", view{
		Title: s.config.ProductName, Playground: s.config.Playground, AccountPages: !s.config.PagesOff, Lines: []string{line},
	})
}

// notFound answers for every path that nothing else has. It does not repeat the path.
func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.text(w, r, http.StatusNotFound, "There is nothing at this address. The GraphQL API is at /graphql (POST).")
}
