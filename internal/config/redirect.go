package config

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// redirectURLs returns the pages that a request may name for the link of its mail. Every entry that is
// wrong is a fault of its own.
func (r *resolver) redirectURLs() address.RedirectURLs {
	const variable = "LATCHKEY_REDIRECT_URLS"
	const remedy = "Give whole addresses, separated by commas, such as https://your-site.com/account,https://admin.your-site.com/*."

	entries := entriesOf(r.given.RedirectURLs)
	before := len(r.faults)
	if r.given.RedirectURLs != "" && len(entries) == 0 {
		r.fault(variable, "has no address in it.", remedy)
	}
	r.given.RedirectURLs = strings.Join(entries, ",") // as it is shown; with spaces it would be no URL to mask
	for i, entry := range entries {
		if problem := r.redirectProblem(entry); problem != "" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which %s", i+1, problem), remedy)
		}
	}
	if len(r.faults) > before {
		return nil
	}
	list, err := address.ParseRedirectURLs(entries...)
	if err != nil { // no entry was wrong by itself
		r.fault(variable, "has an entry which "+err.Error(), remedy)
	}
	return list
}

// entriesOf returns the entries of a list, which commas, spaces or both separate.
func entriesOf(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
}

// redirectProblem says what is wrong with one entry, or nothing.
func (r *resolver) redirectProblem(entry string) string {
	if _, err := address.ParseRedirectURLs(entry); err != nil {
		return err.Error()
	}
	u, problem := parseWeb(address.RedirectPage(entry))
	switch {
	case problem != "":
		return problem
	case r.config.Mode == Production:
		return notPublic(u)
	case u.Scheme != "https" && !address.IsLoopback(u.Hostname()):
		return "must begin with https:// unless it is on localhost."
	}
	return ""
}
