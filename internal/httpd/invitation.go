package httpd

import (
	"net/http"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// invitation is where the link of an invitation leads while the operator has given no page for it. Its button is the
// script's, which sets up a passkey or a second factor as well.
func (s *Server) invitation(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if !plausible(token) {
		s.linkInvalid(w, r, link{validFor: auth.InvitationLifetime, another: s.say("invitation.another")})
		return
	}
	s.page(w, r, http.StatusOK, "invitation.html", s.invitationView(token))
}

func (s *Server) invitationView(token string) view {
	return view{
		Title: s.say("invitation.title"),
		Lines: []string{s.say("invitation.text"), s.say("invitation.not_you")},
		Token: token, Page: forInvitation, ReturnTo: "account",
	}
}
