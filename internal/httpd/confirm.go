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
			Title: "Confirm your email address",
			Lines: []string{
				"Press the button to confirm that this address belongs to you.",
				"If you did not sign up, close this page: nothing happens.",
			},
		},
		another:  "If you have confirmed your address already, log in. If not, sign up again or ask for the mail once more, and use the link in the newest mail.",
		validFor: s.config.ConfirmValidFor,
		act: func(ctx context.Context, token secret.Text, _ url.Values) (string, []string, error) {
			user, err := s.config.Accounts.ConfirmEmail(ctx, token)
			if err != nil {
				return "", nil, err
			}
			next := "You can log in now."
			if !user.HasPassword() {
				next = "Somebody signed up with it more than once, so that no password is set yet. We have sent you a mail with which you can choose one."
			}
			return "Your address is confirmed", []string{"Your address " + user.Email.Address + " is confirmed.", next}, nil
		},
	}
}
