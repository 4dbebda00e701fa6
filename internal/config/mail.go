package config

import (
	"net/mail"
	"path/filepath"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// placeholder is what a link of a frontend has in place of the token.
const placeholder = "{token}"

// mail resolves everything about mail. It follows the mode, the public URL, the data folder and the
// product's name.
func (r *resolver) mail() {
	r.config.SMTP = r.smtp()
	r.config.MailFrom = r.mailFrom()

	// Written with the space that its users forget.
	if r.given.MailSubjectPrefix != "" {
		r.config.MailSubjectPrefix = r.given.MailSubjectPrefix + " "
	}

	r.config.MailDir = r.given.MailDir
	if r.config.MailDir == "" && r.config.Mode == Development && r.given.SMTPURL == "" {
		r.config.MailDir = filepath.Join(r.config.DataDir, "mail")
	}

	r.config.MailTemplates = r.given.MailTemplates
	r.config.ConfirmURL = r.link("LATCHKEY_CONFIRM_URL", "confirm")
	r.config.ResetURL = r.link("LATCHKEY_RESET_URL", "reset")
	r.config.EmailChangeURL = r.link("LATCHKEY_EMAIL_CHANGE_URL", "email-change")
	r.config.UndoEmailChangeURL = r.link("LATCHKEY_UNDO_EMAIL_CHANGE_URL", "undo-email-change")
	r.config.InvitationURL = r.invitationLink()
	r.config.InvitationPage = r.config.Pages || r.given.InvitationURL != ""
	r.config.RedirectURLs = r.redirectURLs()
}

func (r *resolver) mailFrom() string {
	const variable = "LATCHKEY_MAIL_FROM"
	const remedy = "Give the sender's address, such as Your Site <hello@your-site.com>."

	local := (&mail.Address{Name: r.config.ProductName, Address: "latchkey@localhost"}).String()
	if r.demand(variable, "production needs a sender that mail servers accept.", remedy) || r.given.MailFrom == "" {
		return local
	}

	sender, err := parseSender(r.given.MailFrom)
	if err != nil {
		r.fault(variable, "must be one mail address.", remedy)
		return local
	}

	domain := sender.Address[strings.LastIndexByte(sender.Address, '@')+1:]
	if r.config.Mode == Production && address.IsLoopback(strings.Trim(domain, "[]")) {
		r.fault(variable, "must not be an address on this machine in production.", remedy)
		return local
	}
	return sender.String()
}

// parseSender reads an address with a name. The name may have a comma or the like without the quotes that it
// needs.
func parseSender(given string) (*mail.Address, error) {
	address, err := mail.ParseAddress(given)
	if err == nil {
		return address, nil
	}
	name, rest, found := strings.Cut(given, "<")
	if !found || strings.ContainsAny(name, `"@\<>`) || strings.Count(rest, ">") != 1 || !strings.HasSuffix(rest, ">") {
		return nil, err
	}
	if address, err = mail.ParseAddress("<" + rest); err != nil {
		return nil, err
	}
	address.Name = strings.TrimSpace(name)
	return address, nil
}

// link returns the template of a mailed link: the frontend's, or that of the server's own page.
func (r *resolver) link(variable, page string) string {
	value := fieldOf(variable).get(&r.given)
	if value == "" && !r.config.Pages {
		r.fault(variable, "is not set, and LATCHKEY_PAGES=false turns off the page of this server that the link would lead to.",
			"Give the page of yours as https://your-site.com/"+page+"?token={token}, or leave LATCHKEY_PAGES on.")
	}
	if value == "" {
		return r.ownLink(page)
	}

	u, problem := parseWeb(value)
	switch {
	case problem != "":
	case strings.Count(value, placeholder) != 1 || !isParameter(u.RawQuery, placeholder):
		problem = "must have {token} exactly once, as the value of a query parameter."
	case r.config.Mode == Production:
		problem = notPublic(u)
	}
	if problem != "" {
		r.fault(variable, problem, "Give it as https://your-site.com/"+page+"?token={token}, or nothing for the server's own page.")
	}
	return value
}

// ownLink is the template of a link to a page of this server.
func (r *resolver) ownLink(page string) string {
	return r.config.PublicURL.JoinPath(page).String() + "?token=" + placeholder
}

// invitationLink is link for invitations. Whoever sends one can name a page, so there need not be one here.
func (r *resolver) invitationLink() string {
	if r.given.InvitationURL == "" {
		return r.ownLink("invitation")
	}
	return r.link("LATCHKEY_INVITATION_URL", "invitation")
}

// isParameter reports whether one parameter of the query has exactly this value.
func isParameter(query, value string) bool {
	for part := range strings.SplitSeq(query, "&") {
		if name, v, _ := strings.Cut(part, "="); name != "" && v == value {
			return true
		}
	}
	return false
}
