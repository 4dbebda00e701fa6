package mail

import (
	"context"
	"errors"
	netmail "net/mail"

	"github.com/wneessen/go-mail/smtp"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// CheckSMTP does everything that comes before a mail with a server: it connects, greets, starts TLS and logs in. It sends nothing. Whether the server would take
// mails from the sender is not known then. Its errors hold no address and no credentials.
func CheckSMTP(ctx context.Context, server *address.SMTPServer, from string, options ...SMTPOption) error {
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return errors.New("there is no valid sender")
	}
	return newSMTP(server, options).converse(ctx, sender.Address, func(context.Context, *smtp.Client) error { return nil })
}
