package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// userCommands are what an operator does to accounts, with the database as their authority. A
// running server need not be stopped for any of it.
type userCommands struct {
	Create        userCreate        `cmd:"" help:"Make an account. The password is asked for, or read from standard input."`
	Invite        userInvite        `cmd:"" help:"Invite an address: the email brings a link that makes an account. An earlier invitation of the address no longer works."`
	Role          userRole          `cmd:"" help:"Give a user a role: USER, STAFF or ADMIN."`
	SetPassword   userSetPassword   `cmd:"" help:"Give a user a new password, end all sessions and void all links. It is asked for, or read from standard input."`
	Confirm       userConfirm       `cmd:"" help:"Confirm an address without its mail, of a user or of a sign-up."`
	Disable       userDisable       `cmd:"" help:"Shut a user out: all sessions end and no login works."`
	Enable        userEnable        `cmd:"" help:"Let a disabled user in again."`
	RemoveFactors userRemoveFactors `cmd:"" help:"Remove all second factors of a user who has lost them, and end all sessions. Make sure that it is they who ask."`
	Profile       userProfile       `cmd:"" help:"Print the profile of a user as JSON, or merge JSON into it, also into fields that only operators set."`
	Import        userImport        `cmd:"" help:"Import users from another system, with their passwords. Nothing happens twice: run it again if it was stopped."`
	Export        userExport        `cmd:"" help:"Write every user as a line of JSON, which import reads."`
	List          userList          `cmd:"" help:"List users, and without a filter the sign-ups that wait for their confirmation."`
	Show          userShow          `cmd:"" help:"Print all that is known of a user as JSON: sessions, second factors, identities, and what was done last."`
}

// why is the flag of the commands whose acts the audit trail keeps.
type why struct {
	Reason string `help:"Why, for the audit trail." placeholder:"TEXT"`
}

// amendUser does something to the user with the address as an operator, and says so.
func (w why) amendUser(ctx context.Context, env *app.Env, settings *config.Settings, done string, change func(*auth.Service, auth.Actor) (*auth.User, error)) error {
	operator, err := auth.Operator(w.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		user, err := change(s, operator)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: %s\n", user.Email.Address, done)
		return err
	})
}

type userCreate struct {
	Email      string `arg:"" help:"Address of the account."`
	Username   string `help:"Name to log in with beside the address." placeholder:"NAME"`
	Name       string `help:"What to call the user." placeholder:"NAME"`
	Role       string `help:"Role of the user: USER, STAFF or ADMIN." default:"USER" placeholder:"ROLE"`
	Confirmed  bool   `help:"Take the address as confirmed."`
	NoPassword bool   `help:"Give the account no password: its owner asks for a reset."`
	why
}

func (c userCreate) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	role, err := auth.ParseRole(strings.ToUpper(c.Role))
	if err != nil {
		return err
	}
	account := auth.NewAccount{Email: c.Email, Username: c.Username, Name: c.Name, Role: role, Verified: c.Confirmed}
	if !c.NoPassword {
		if account.Password, err = askPassword(env); err != nil {
			return err
		}
	}
	return c.amendUser(ctx, env, settings, "created, "+string(role), func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.CreateAccount(ctx, operator, account)
	})
}

type userInvite struct {
	Email       string `arg:"" help:"Address to invite."`
	Role        string `help:"Role of the account: USER, STAFF or ADMIN." default:"USER" placeholder:"ROLE"`
	RedirectURL string `name:"redirect-url" help:"Page where the link leads; one of the allowed ones." placeholder:"URL"`
	why
}

func (c userInvite) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	role, err := auth.ParseRole(strings.ToUpper(c.Role))
	if err != nil {
		return err
	}
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		invited, err := s.InviteAsOperator(ctx, operator, auth.InviteInput{Email: c.Email, Role: role, RedirectURL: c.RedirectURL})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(env.Stdout, "%s: invited, %s, until %s\n", invited.Email.Address, invited.Role, invited.ExpiresAt.Format(time.DateTime+" MST"))
		return err
	})
}

type userRole struct {
	Email string `arg:"" help:"Address of the user."`
	Role  string `arg:"" help:"USER, STAFF or ADMIN."`
	why
}

func (c userRole) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	role, err := auth.ParseRole(strings.ToUpper(c.Role))
	if err != nil {
		return err
	}
	return c.amendUser(ctx, env, settings, "role is "+string(role), func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.SetRole(ctx, operator, c.Email, role)
	})
}

type userSetPassword struct {
	Email string `arg:"" help:"Address of the user."`
	why
}

func (c userSetPassword) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	password, err := askPassword(env)
	if err != nil {
		return err
	}
	return c.amendUser(ctx, env, settings, "password is set, all sessions have ended", func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.SetPassword(ctx, operator, c.Email, password)
	})
}

type userConfirm struct {
	Email string `arg:"" help:"Address to confirm."`
	why
}

func (c userConfirm) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return c.amendUser(ctx, env, settings, "confirmed", func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.ConfirmAccount(ctx, operator, c.Email)
	})
}

type userDisable struct {
	Email string `arg:"" help:"Address of the user."`
	why
}

func (c userDisable) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return c.amendUser(ctx, env, settings, "disabled, all sessions have ended", func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.DisableAccount(ctx, operator, c.Email)
	})
}

type userEnable struct {
	Email string `arg:"" help:"Address of the user."`
	why
}

func (c userEnable) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	return c.amendUser(ctx, env, settings, "enabled", func(s *auth.Service, operator auth.Actor) (*auth.User, error) {
		return s.EnableAccount(ctx, operator, c.Email)
	})
}
