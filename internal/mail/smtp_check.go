package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"

	"github.com/wneessen/go-mail/smtp"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// CheckSMTP does everything that comes before a mail with the server of an SMTP URL, as NewSMTP reads
// it: it connects, greets, starts TLS and logs in. It sends nothing. Whether the server would take
// mails from the sender is not known then. Its errors hold no address and no credentials.
func CheckSMTP(ctx context.Context, rawURL secret.Text, from string, options ...SMTPOption) error {
	sender, err := NewSMTP(rawURL, options...)
	if err != nil {
		return err
	}
	s, ok := sender.(*smtpSender)
	if !ok {
		return fmt.Errorf("a sender of %T cannot be checked", sender)
	}
	address, err := netmail.ParseAddress(from)
	if err != nil {
		return errors.New("there is no valid sender")
	}
	return s.converse(ctx, address.Address, func(context.Context, *smtp.Client) error { return nil })
}
