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

// userList has the filters of the API.
type userList struct {
	Search       string   `help:"Only those whose email address, username or name begins so." placeholder:"TEXT"`
	Role         []string `help:"Only those with one of these roles." placeholder:"ROLE"`
	Disabled     *bool    `negatable:"" help:"Only those who are disabled, or are not."`
	Verified     *bool    `negatable:"" help:"Only those whose address is confirmed, or is not."`
	SecondFactor *bool    `negatable:"" help:"Only those who have a second factor, or have none."`
	JSON         bool     `name:"json" help:"Print each user as a line of JSON."`
}

func (c userList) filter() (auth.UserFilter, error) {
	filter := auth.UserFilter{Search: c.Search, Disabled: c.Disabled, Verified: c.Verified, SecondFactor: c.SecondFactor}
	for _, name := range c.Role {
		role, err := auth.ParseRole(strings.ToUpper(name))
		if err != nil {
			return filter, err
		}
		filter.Roles = append(filter.Roles, role)
	}
	return filter, nil
}

func (c userList) isFiltered() bool {
	return c.Search != "" || len(c.Role) > 0 || c.Disabled != nil || c.Verified != nil || c.SecondFactor != nil
}

// Run prints the users, the oldest first.
func (c userList) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	filter, err := c.filter()
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		if c.JSON {
			return eachUser(ctx, s, filter, func(u *auth.User) error { return printJSON(env.Stdout, newUserLine(u), "") })
		}
		table := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
		row := func(columns ...string) error {
			_, err := fmt.Fprintln(table, strings.Join(columns, "\t"))
			return err
		}
		if err := row("EMAIL", "ROLE", "STATE", "CREATED", "LAST LOGIN", "NAME"); err != nil {
			return err
		}
		err := eachUser(ctx, s, filter, func(u *auth.User) error {
			return row(u.Email.Address, string(u.Role), state(u), day(u.CreatedAt), day(u.LastLoginAt), u.Name)
		})
		if err != nil {
			return err
		}
		if c.isFiltered() {
			return table.Flush()
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

// eachUser calls fn with the users that pass a filter, the oldest first.
func eachUser(ctx context.Context, s *auth.Service, filter auth.UserFilter, fn func(*auth.User) error) error {
	size := 100
	request := auth.PageRequest{First: &size}
	for {
		page, err := s.ListUsers(ctx, request, filter, auth.UserOrder{Field: auth.OrderByCreatedAt, Direction: auth.Ascending})
		if err != nil {
			return err
		}
		for _, user := range page.Items {
			if err := fn(user); err != nil {
				return err
			}
		}
		if !page.HasNext {
			return nil
		}
		request.After = &page.Cursors[len(page.Cursors)-1]
	}
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
