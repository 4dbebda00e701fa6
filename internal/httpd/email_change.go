package httpd

import (
	"context"
	"net/http"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// undoEmailChange is the page of the link in a notice that an address was changed.
func (s *Server) undoEmailChange() link {
	return link{
		path: "undo-email-change",
		page: "undo_email_change.html",
		form: view{
			Title: s.say("undo_email_change.title"),
			Lines: []string{s.say("undo_email_change.text"), s.say("undo_email_change.not_you")},
		},
		done:     donePage{s.say("undo_email_change.done.title"), []string{s.say("undo_email_change.done.next")}},
		another:  s.say("undo_email_change.another"),
		validFor: auth.UndoLifetime,
		act: func(ctx context.Context, token, _ secret.Text, _ url.Values) (string, []string, error) {
			user, err := s.config.Accounts.UndoEmailChange(ctx, token)
			if err != nil {
				return "", nil, err
			}
			return s.say("undo_email_change.done.title"), []string{
				s.say("undo_email_change.done.text", "email", user.Email.Address),
				s.say("undo_email_change.done.next"),
			}, nil
		},
	}
}

// emailChange is where the link to a new address leads while the operator has given no page for it.
// Only a session of the account may confirm the address, so that its button is the script's, which has
// the session's cookie: a form here would work for anyone who got the email, which it must not.
func (s *Server) emailChange(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if !plausible(token) {
		s.linkInvalid(w, r, link{validFor: auth.EmailChangeLifetime, another: s.say("email_change.another")})
		return
	}
	s.page(w, r, http.StatusOK, "email_change.html", view{
		Title: s.say("email_change.title"),
		Lines: []string{s.say("email_change.text"), s.say("email_change.sign_in"), s.say("email_change.not_you")},
		Token: token,
		Page:  "email-change",
	})
}
