package httpd

import (
	"net/http"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
)

// Forms are what an operator's settings mean for the forms of the account pages. The zero value is that
// of the settings.
type Forms struct {
	SignUpClosed bool              // users cannot sign up by themselves
	Usernames    auth.UsernameMode // empty: there are none
	LoginCodes   bool              // one can sign in by a mailed code
	// TrustedDevices says that a device can skip the second step.
	TrustedDevices bool
	Passkeys       bool // users can have passkeys
	// Providers are those with which people sign in, in the order of buttons.
	Providers []provider.Info
}

// accountPages are the pages that talk to the GraphQL API, by a script and with the session's cookie, as
// any frontend would. The server sends them empty: it neither reads the cookie nor knows the user.
var accountPages = map[string]struct {
	page, file, title string
}{
	"/sign-up": {"sign-up", "sign_up.html", "sign_up.title"},
	"/sign-in": {"sign-in", "sign_in.html", "sign_in.title"},
	"/forgot":  {"forgot", "forgot.html", "forgot.title"},
	"/account": {"account", "account.html", "account.title"},
}

// routePages routes everything that browsers are shown.
func (s *Server) routePages() {
	s.handle("/favicon.ico", s.serveIcon, http.MethodGet, http.MethodHead)
	s.handle("/"+s.pages.stylesheet.path, s.serveAsset(s.pages.stylesheet), http.MethodGet, http.MethodHead)
	if s.config.PagesOff {
		return
	}
	s.handle("/"+s.pages.script.path, s.serveAsset(s.pages.script), http.MethodGet, http.MethodHead)
	if s.pages.logo != nil {
		s.handle("/"+s.pages.logo.path, s.serveAsset(s.pages.logo), http.MethodGet, http.MethodHead)
	}
	s.handle("/confirm", s.link(s.confirmation()), http.MethodGet, http.MethodHead, http.MethodPost)
	s.handle("/reset", s.link(s.passwordReset()), http.MethodGet, http.MethodHead, http.MethodPost)
	s.handle("/email-change", s.emailChange, http.MethodGet, http.MethodHead)
	s.handle("/invitation", s.invitation, http.MethodGet, http.MethodHead)
	s.handle("/undo-email-change", s.link(s.undoEmailChange()), http.MethodGet, http.MethodHead, http.MethodPost)
	for path := range accountPages {
		s.handle(path, s.accountPage, http.MethodGet, http.MethodHead)
	}
	s.routeProviders()
	s.routeAdmin()
}

// accountPage answers with one of the account pages.
func (s *Server) accountPage(w http.ResponseWriter, r *http.Request) {
	file, v := s.accountView(r, r.Pattern)
	s.page(w, r, http.StatusOK, file, v)
}

// accountView returns the file of an account page, and what it shows before its script runs.
func (s *Server) accountView(r *http.Request, path string) (file string, v view) {
	p := accountPages[path]
	v = view{Title: s.say(p.title), Page: p.page, ReturnTo: "account"}
	if returnTo := s.returnTo(r); returnTo != "" {
		v.ReturnTo, v.ReturnQuery = returnTo, "?"+url.Values{"return_to": {returnTo}}.Encode()
	}
	return p.file, v
}
