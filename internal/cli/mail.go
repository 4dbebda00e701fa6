package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

// mailCommands help an operator make email look and arrive as it should.
type mailCommands struct {
	Preview mailPreview `cmd:"" help:"Write each letter with sample data into a folder, as text and as HTML."`
	Test    mailTest    `cmd:"" help:"Send a test letter to an address, now, by the server that is set."`
	Queue   mailQueue   `cmd:"" help:"Look at the mail that waits or was given up, send it now or remove it."`
}

// mailPreview writes letters into files.
type mailPreview struct {
	Kind string `arg:"" optional:"" help:"Only this letter, such as reset."`
	Dir  string `placeholder:"FOLDER" help:"Where to; otherwise a new temporary folder."`
	Open bool   `help:"Open the index of the letters in the browser of this system."`
}

// Run prints the paths of the files.
func (c mailPreview) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	renderer, err := app.NewRenderer(cfg)
	if err != nil {
		return err
	}
	dir := c.Dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "latchkey-mail-"); err != nil {
			return fmt.Errorf("make a folder for the preview: %w", err)
		}
	}
	paths, err := renderer.Preview(dir, auth.LetterKind(c.Kind))
	if err != nil {
		if c.Dir == "" {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return err
	}
	for _, path := range paths {
		if _, err := fmt.Fprintln(env.Stdout, path); err != nil {
			return err
		}
	}
	if c.Open {
		return openInBrowser(ctx, paths[len(paths)-1])
	}
	return nil
}

// openInBrowser hands a file to the program of the system that opens files, and returns what became of that.
func openInBrowser(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("open the preview: %w", err)
	}
	var command *exec.Cmd
	switch runtime.GOOS {
	case "darwin":
		command = exec.CommandContext(ctx, "open", path) //nolint:gosec // our own file
	case "windows":
		command = exec.CommandContext(ctx, "rundll32", "url.dll,FileProtocolHandler", path) //nolint:gosec // our own file
	default:
		command = exec.CommandContext(ctx, "xdg-open", path) //nolint:gosec // our own file
	}
	if err := command.Run(); err != nil {
		return fmt.Errorf("the letters are written, but no browser could be opened: %w\nOpen %s yourself", err, path)
	}
	return nil
}

// mailTest sends one letter past the outbox, so that what happens to it is known at once.
type mailTest struct {
	Address string `arg:"" help:"Who is to get it."`
}

// Run sends the letter and says what became of it; that it did not leave is an error.
func (c mailTest) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	cfg, err := settings.Resolve()
	if err != nil {
		return err
	}
	renderer, sender, err := app.NewMail(cfg, env.Stdout)
	if err != nil {
		return err
	}
	message, err := renderer.Render(&auth.Letter{Kind: mail.LetterTest, To: address.Email{Address: c.Address}, At: time.Now()})
	if err != nil {
		return err
	}
	if err := sender.Send(ctx, message); err != nil {
		if mail.Permanent(err) {
			return fmt.Errorf("the letter was refused: %w\nThe server was reached, but does not take this letter for this address from this sender (%s)", err, cfg.MailFrom)
		}
		return fmt.Errorf("the letter was not sent: %w\nLook at LATCHKEY_SMTP_URL and try again", err)
	}

	words := "No mail server is set, so the letter has not left this machine: it is printed above."
	if cfg.SMTP != nil {
		words = fmt.Sprintf("%s has taken the letter for %s, from %s. If it does not arrive, look into the spam folder and the log of that server.",
			cfg.SMTP.Address(), message.To, message.From)
	}
	if cfg.MailDir != "" {
		words += "\nIt is also a file in " + cfg.MailDir + "."
	}
	_, err = fmt.Fprintln(env.Stdout, words)
	return err
}
