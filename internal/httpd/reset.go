package httpd

import (
	"context"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// passwordReset is the page of the link in a mail to somebody who forgot a password.
func (s *Server) passwordReset() link {
	return link{
		path:     "reset",
		page:     "reset.html",
		password: true,
		form: view{
			Title: "Choose a new password",
			Lines: []string{"Changing it logs you out everywhere."},
		},
		another:  "If you still need a new password, ask for another mail and use the link in the newest one.",
		validFor: s.config.ResetValidFor,
		act: func(ctx context.Context, token secret.Text, form url.Values) (string, []string, error) {
			// The password is taken as it was typed, spaces around it included.
			if _, err := s.config.Accounts.ResetPassword(ctx, token, secret.Text(form.Get("password"))); err != nil {
				return "", nil, err
			}
			return "Your password is changed", []string{"All sessions have ended. Log in again with the new password."}, nil
		},
	}
}
