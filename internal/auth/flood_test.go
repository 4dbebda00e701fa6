package auth_test

import (
	"context"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// flood does everything that strangers can do to have email sent to an address, from one client. What a limit
// refuses is what the limit is for.
func flood(ctx context.Context, w *authtest.World, email string, names *int) {
	config := w.Config()
	username := ""
	if config.Usernames != auth.UsernamesOff {
		*names++
		username = fmt.Sprintf("eve%d", *names)
	}
	_, _ = w.Register(ctx, auth.RegisterInput{Email: email, Username: username, Password: evesPassword})
	_ = w.RequestPasswordReset(ctx, email, "")
	_ = w.ResendConfirmationEmail(ctx, email, "")
	_, _ = w.Login(ctx, auth.LoginInput{Email: email, Password: evesPassword})
	if config.LoginCodes {
		_, _ = w.RequestLoginCode(ctx, email)
	}
	if username != "" {
		_, _ = w.Login(ctx, auth.LoginInput{Username: username, Password: evesPassword})
	}
}
