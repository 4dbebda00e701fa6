package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// userCommands are what an operator does to accounts, with the database as their authority. A
// running server need not be stopped for any of it.
type userCommands struct {
	Create      userCreate      `cmd:"" help:"Make an account. The password is asked for, or read from standard input."`
	Role        userRole        `cmd:"" help:"Give a user a role: USER, STAFF or ADMIN."`
	SetPassword userSetPassword `cmd:"" help:"Give a user a new password, end all sessions and void all links. It is asked for, or read from standard input."`
	Confirm     userConfirm     `cmd:"" help:"Confirm an address without its mail, of a user or of a sign-up."`
	Disable     userDisable     `cmd:"" help:"Shut a user out: all sessions end and no login works."`
	Enable      userEnable      `cmd:"" help:"Let a disabled user in again."`
	Profile     userProfile     `cmd:"" help:"Print the profile of a user as JSON, or merge JSON into it, also into fields that only operators set."`
	List        userList        `cmd:"" help:"List users, and the sign-ups that wait for their confirmation."`
}

// noMailer is the Mailer of the command line: a running server finds the mail in the outbox.
type noMailer struct{}

func (noMailer) Wake() {}

// withService runs fn on the service of the settings.
func withService(ctx context.Context, w *world, settings *config.Settings, fn func(*auth.Service) error) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	domain, err := newDomain(cfg)
	if err != nil {
		return err
	}
	db, err := openStore(ctx, cfg, newLogger(w.stderr, cfg))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return inWords(fn(domain.on(db, noMailer{})))
}

// inWords makes an error of the domain readable at a prompt.
func inWords(err error) error {
	var problems auth.Problems
	switch {
	case errors.As(err, &problems):
		messages := make([]string, len(problems))
		for i, problem := range problems {
			messages[i] = problem.Message
			if field, isField := profileField(problem); isField {
				messages[i] = field + ": " + problem.Message
			}
		}
		return errors.New(strings.Join(messages, "\n"))
	case errors.Is(err, auth.ErrNotFound):
		return errors.New("there is no user with this address: `latchkey user list` shows all")
	}
	return err
}

// amendUser does something to the user with the address, and says so.
func amendUser(ctx context.Context, w *world, settings *config.Settings, done string, change func(*auth.Service) (*auth.User, error)) error {
	return withService(ctx, w, settings, func(s *auth.Service) error {
		user, err := change(s)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(w.stdout, "%s: %s\n", user.Email.Address, done)
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
}

func (c userCreate) Run(ctx context.Context, w *world, settings *config.Settings) error {
	role, err := auth.ParseRole(strings.ToUpper(c.Role))
	if err != nil {
		return err
	}
	account := auth.NewAccount{Email: c.Email, Username: c.Username, Name: c.Name, Role: role, Verified: c.Confirmed}
	if !c.NoPassword {
		if account.Password, err = askPassword(w); err != nil {
			return err
		}
	}
	return amendUser(ctx, w, settings, "created, "+string(role), func(s *auth.Service) (*auth.User, error) {
		return s.CreateAccount(ctx, account)
	})
}

type userRole struct {
	Email string `arg:"" help:"Address of the user."`
	Role  string `arg:"" help:"USER, STAFF or ADMIN."`
}

func (c userRole) Run(ctx context.Context, w *world, settings *config.Settings) error {
	role, err := auth.ParseRole(strings.ToUpper(c.Role))
	if err != nil {
		return err
	}
	return amendUser(ctx, w, settings, "role is "+string(role), func(s *auth.Service) (*auth.User, error) {
		return s.SetRole(ctx, c.Email, role)
	})
}

type userSetPassword struct {
	Email string `arg:"" help:"Address of the user."`
}

func (c userSetPassword) Run(ctx context.Context, w *world, settings *config.Settings) error {
	password, err := askPassword(w)
	if err != nil {
		return err
	}
	return amendUser(ctx, w, settings, "password is set, all sessions have ended", func(s *auth.Service) (*auth.User, error) {
		return s.SetPassword(ctx, c.Email, password)
	})
}

type userConfirm struct {
	Email string `arg:"" help:"Address to confirm."`
}

func (c userConfirm) Run(ctx context.Context, w *world, settings *config.Settings) error {
	return amendUser(ctx, w, settings, "confirmed", func(s *auth.Service) (*auth.User, error) {
		return s.ConfirmAccount(ctx, c.Email)
	})
}

type userDisable struct {
	Email string `arg:"" help:"Address of the user."`
}

func (c userDisable) Run(ctx context.Context, w *world, settings *config.Settings) error {
	return amendUser(ctx, w, settings, "disabled, all sessions have ended", func(s *auth.Service) (*auth.User, error) {
		return s.DisableAccount(ctx, c.Email)
	})
}

type userEnable struct {
	Email string `arg:"" help:"Address of the user."`
}

func (c userEnable) Run(ctx context.Context, w *world, settings *config.Settings) error {
	return amendUser(ctx, w, settings, "enabled", func(s *auth.Service) (*auth.User, error) {
		return s.EnableAccount(ctx, c.Email)
	})
}

type userList struct{}

func (userList) Run(ctx context.Context, w *world, settings *config.Settings) error {
	return withService(ctx, w, settings, func(s *auth.Service) error {
		table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
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

// askPassword reads a password: twice and unseen from a terminal, else the first line of the input.
// It is never an argument, which every user of the machine could read.
func askPassword(w *world) (secret.Text, error) {
	if file, ok := w.stdin.(*os.File); ok && isTerminal(file) {
		first, err := promptPassword(w.stderr, file, "Password: ")
		if err != nil {
			return "", err
		}
		second, err := promptPassword(w.stderr, file, "Again: ")
		if err != nil {
			return "", err
		}
		if first != second {
			return "", errors.New("the two passwords differ")
		}
		return first, nil
	}
	line, err := bufio.NewReader(w.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", errors.New("no password came on standard input: pipe one in, or use a terminal to be asked for it")
	}
	return secret.Text(password), nil
}

func promptPassword(w io.Writer, terminal *os.File, prompt string) (secret.Text, error) {
	_, _ = fmt.Fprint(w, prompt)
	password, err := term.ReadPassword(int(terminal.Fd()))
	_, _ = fmt.Fprintln(w)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return secret.Text(password), nil
}
