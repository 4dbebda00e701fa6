package app

import (
	"io"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/mail"
)

// NewMail chooses how mail leaves: by SMTP, or to the console if no server is set, and into the folder
// for mail as well if there is one.
func NewMail(cfg *config.Config, console io.Writer) (*mail.Renderer, mail.Sender, error) {
	renderer, err := NewRenderer(cfg)
	if err != nil {
		return nil, nil, err
	}

	sender := mail.NewConsole(console)
	if cfg.SMTP != nil {
		sender = mail.NewSMTP(cfg.SMTP)
	}
	if cfg.MailDir != "" {
		folder, err := mail.NewFolder(cfg.MailDir)
		if err != nil {
			return nil, nil, err
		}
		sender = mail.Multi(folder, sender)
	}
	return renderer, sender, nil
}

// NewRenderer returns what writes letters, by the words and looks that the settings say.
func NewRenderer(cfg *config.Config) (*mail.Renderer, error) {
	return mail.NewRenderer(mail.Settings{
		From:          cfg.MailFrom,
		ProductName:   cfg.ProductName,
		SubjectPrefix: cfg.MailSubjectPrefix,
		Links: map[auth.Purpose]string{
			auth.PurposeConfirm:     cfg.ConfirmURL,
			auth.PurposeReset:       cfg.ResetURL,
			auth.PurposeEmailChange: cfg.EmailChangeURL,
			auth.PurposeUndo:        cfg.UndoEmailChangeURL,
			auth.PurposeInvitation:  cfg.InvitationURL,
		},
		Templates: cfg.MailTemplates,
	})
}

// DescribeMail says in words how mail leaves.
func DescribeMail(cfg *config.Config) string {
	words := "printed to the terminal: no SMTP server is set"
	if cfg.SMTP != nil {
		words = "by SMTP, " + cfg.SMTP.Address()
	}
	if cfg.MailDir != "" {
		words += "; each also a file in " + cfg.MailDir
	}
	return words
}
