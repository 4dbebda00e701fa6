package httpd

import "net/http"

// adminPage is what the script calls the pages for administrators. They are one document: what stands behind the # of the
// address, which no server sees, says which of them is shown.
const adminPage = "admin"

// routeAdmin routes the pages for administrators. Like the account pages they are sent empty, to anyone: they know no user, and
// what they show and do is decided by the API.
func (s *Server) routeAdmin() {
	if s.config.AdminOff {
		return
	}
	s.routeStatic(s.pages.admin.stylesheet, s.pages.admin.script)
	s.handle("/admin", s.admin, http.MethodGet, http.MethodHead)
}

func (s *Server) admin(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, http.StatusOK, adminFile, view{Title: s.say("admin.title"), Page: adminPage, ReturnTo: adminPage})
}
