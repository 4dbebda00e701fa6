package httpd

import (
	"context"
	"net/url"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// confirmation is the page of the link in a mail that asks to confirm an address.
func (s *Server) confirmation() link {
	return link{
		path: "confirm",
		page: "confirm.html",
		form: view{
			Title: s.say("confirm.title"),
			Lines: []string{s.say("confirm.text"), s.say("confirm.not_you")},
		},
		done:     donePage{s.say("confirm.done.title"), []string{s.say("confirm.done.next")}},
		another:  s.say("confirm.another"),
		validFor: s.config.ConfirmValidFor,
		act: func(ctx context.Context, token, session secret.Text, _ url.Values) (string, []string, error) {
			user, err := s.config.Accounts.ConfirmEmailInSession(ctx, token, session)
			if err != nil {
				return "", nil, err
			}
			next := s.say("confirm.done.next")
			if !user.HasPassword() {
				next = s.say("confirm.done.no_password")
			}
			return s.say("confirm.done.title"), []string{s.say("confirm.done.text", "email", user.Email.Address), next}, nil
		},
	}
}
