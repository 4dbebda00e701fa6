package app

import (
	"encoding/hex"
	"path/filepath"
	"strings"

	"github.com/latchkey-auth/latchkey/graph"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/httpd"
	"github.com/latchkey-auth/latchkey/internal/mail"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/web"
)

// sdl is the schema with its descriptions, or nothing where it may not be asked for.
func sdl(cfg *config.Config) string {
	if !cfg.Introspection {
		return ""
	}
	return graph.SDL()
}

// forDevelopment returns what only developers get, with an inbox of what sender sends; nil in production,
// where no mail is kept.
func forDevelopment(cfg *config.Config, key secret.Key, sender mail.Sender) (mail.Sender, *httpd.Development) {
	if cfg.Mode != config.Development {
		return sender, nil
	}
	kept := mail.NewInbox(sender)
	return kept, &httpd.Development{
		Inbox:    inbox{kept},
		InboxKey: httpd.NewInboxKey(),
		// It survives a restart, so that the browser stays in the inbox.
		InboxCookie: secret.Text(hex.EncodeToString(key.Derive("cookie of the development inbox"))),

		Facts:      [][2]string{{"Database", DescribeDatabase(cfg)}, {"Mail", DescribeMail(cfg)}},
		FirstSteps: firstSteps(cfg),
	}
}

// inbox shows the mails that are kept to package httpd, which knows nothing of mail.
type inbox struct{ *mail.Inbox }

// Mails implements httpd.Inbox.
func (i inbox) Mails() []httpd.Mail {
	messages := i.Messages()
	mails := make([]httpd.Mail, len(messages))
	for n, m := range messages {
		mails[n] = httpd.Mail{ID: m.ID, From: m.From, To: m.To, Subject: m.Subject, Date: m.Date, Text: m.Text, HTML: m.HTML}
	}
	return mails
}

// firstSteps are the five lines of the README, for this server: at its address, and with the folder
// into which its mails are written, by its whole path, so that they run in any folder. Without such a folder
// there are none, because the token is taken from there.
func firstSteps(cfg *config.Config) []string {
	if cfg.MailDir == "" {
		return nil
	}
	folder, err := filepath.Abs(cfg.MailDir)
	if err != nil {
		folder = filepath.Clean(cfg.MailDir)
	}
	address := strings.TrimPrefix(strings.TrimSuffix(cfg.PublicURL.String(), "/"), "http://")
	lines := strings.NewReplacer(
		"localhost:8080", quoted(address),
		"/tmp/latchkey/mail", quoted(filepath.ToSlash(folder)),
	).Replace(web.FirstSteps)
	return strings.Split(strings.TrimSuffix(lines, "\n"), "\n")
}

// quoted returns a word as a shell takes it: as it is, if it has nothing that means something there.
func quoted(word string) string {
	plain := func(c rune) bool {
		return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("/.:_-", c)
	}
	if strings.ContainsFunc(word, func(c rune) bool { return !plain(c) }) {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
