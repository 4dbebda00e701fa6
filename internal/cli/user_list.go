package cli

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

type userList struct{}

func (userList) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return withService(ctx, env, settings, func(s *auth.Service) error {
		table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		row := func(columns ...string) error {
			_, err := fmt.Fprintln(table, strings.Join(columns, "\t"))
			return err
		}
		if err := row("EMAIL", "ROLE", "STATE", "CREATED", "LAST LOGIN", "NAME"); err != nil {
			return err
		}
		err := s.EachAccount(ctx, func(u *auth.User) error {
			return row(u.Email.Address, string(u.Role), state(u), day(u.CreatedAt), day(u.LastLoginAt), u.Name)
		})
		if err != nil {
			return err
		}
		err = s.EachSignUp(ctx, func(u *auth.SignUp) error {
			return row(u.Email.Address, "-", "sign-up, not confirmed", day(u.CreatedAt), "-", u.Name)
		})
		if err != nil {
			return err
		}
		return table.Flush()
	})
}

func state(u *auth.User) string {
	var words []string
	if u.Disabled() {
		words = append(words, "disabled")
	}
	if u.EmailVerified() {
		words = append(words, "confirmed")
	} else {
		words = append(words, "not confirmed")
	}
	if !u.HasPassword() {
		words = append(words, "no password")
	}
	return strings.Join(words, ", ")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02 15:04")
}
