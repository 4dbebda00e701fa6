package mail

import (
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// redirectLink returns the link of a letter whose request said where it leads: there, with the token in a
// query parameter of its own. The domain has checked the URL; what is wrong here would be a fault of the
// store, and trying again does not mend it. The error does not quote it.
func redirectLink(letter *auth.Letter) (string, error) {
	u, err := url.Parse(letter.RedirectURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" ||
		strings.ContainsFunc(letter.RedirectURL, isControl) || strings.ContainsAny(letter.RedirectURL, " \"<>\\") {
		return "", &PermanentError{Reason: "the page that its link is to lead to is no whole http or https address"}
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += "token=" + url.QueryEscape(letter.Token.Reveal())
	return u.String(), nil
}
