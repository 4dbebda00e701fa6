package httpd

import (
	"context"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// passwordReset is the page of the link in an email to a user who forgot a password.
func (s *Server) passwordReset() link {
	return link{
		path:     "reset",
		page:     "reset.html",
		password: true,
		form: view{
			Title: s.say("reset.title"),
			Lines: []string{s.say("reset.text")},
		},
		done:     donePage{s.say("reset.done.title"), []string{s.say("reset.done.text")}},
		another:  s.say("reset.another"),
		validFor: s.config.ResetValidFor,
		act: func(ctx context.Context, token, _ secret.Text, form url.Values) (string, []string, error) {
			// The password is taken as it was typed, spaces around it included.
			if _, err := s.config.Accounts.ResetPassword(ctx, token, secret.Text(form.Get("password"))); err != nil {
				return "", nil, err
			}
			return s.say("reset.done.title"), []string{s.say("reset.done.text")}, nil
		},
	}
}
