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
			Title: "Bring your old address back",
			Lines: []string{
				"If you did not change the address of your account yourself, press the button. The old address comes back, everybody is logged out, and the password no longer works. Then we send you a mail with which you choose a new one.",
				"If you did change it yourself, close this page: nothing happens.",
			},
		},
		another:  "If the address of your account was changed and it was not you, say that you forgot your password and give the old address: as long as the change can be undone, you get a new link.",
		validFor: auth.UndoLifetime,
		act: func(ctx context.Context, token secret.Text, _ url.Values) (string, []string, error) {
			user, err := s.config.Accounts.UndoEmailChange(ctx, token)
			if err != nil {
				return "", nil, err
			}
			return "Your old address is back", []string{
				"The address of your account is " + user.Email.Address + " again, and all sessions have ended.",
				"We have sent you a mail with which you can choose a new password.",
			}, nil
		},
	}
}

// emailChange is where the link to a new address leads while the operator has given no page for it.
// Only a session of the account may confirm the address, and a page of ours has none: a button here
// would work for whoever got the mail, which is what must not be. So it says where to go instead.
func (s *Server) emailChange(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if !plausible(token) {
		s.linkInvalid(w, r, link{
			validFor: auth.EmailChangeLifetime,
			another:  "Ask for the change of your address again, and use the link in the newest mail.",
		})
		return
	}
	s.page(w, r, http.StatusOK, "email_change.html", view{
		Title: "Your new address is not confirmed yet",
		Lines: []string{
			"It can be confirmed only where you are logged in, so that nobody can make it the address of an account that is not yours. This page does not know whether you are.",
			"Log in to " + s.config.ProductName + " and confirm the change of your address there. If you are asked for a code, it is this:",
		},
		Token: token,
	})
}
