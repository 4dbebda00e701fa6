package address

import (
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// redirectMaxLength is in bytes, as given and as mailed: what mail programs and browsers still open.
const redirectMaxLength = 2000

// RedirectURLs are the pages of frontends to which a mailed link may lead. Nil allows none.
type RedirectURLs []redirectEntry

// redirectEntry is a page that the operator lists.
type redirectEntry struct {
	page  webURL // without a query
	below bool   // all paths below it as well
	query bool   // any query
}

// ParseRedirectURLs returns a list of the entries, or what is wrong with the first that is faulty:
// an error for the operator that goes on after "which". An entry is an absolute http or https URL. It
// allows exactly that page, without a query. With /* at its end it allows all paths below as well, by
// whole segments; with ?* behind that or behind the page, any query. It stands for no other host, port
// or scheme. Which schemes and hosts an operator may list is for the caller to say.
func ParseRedirectURLs(entries ...string) (RedirectURLs, error) {
	var list RedirectURLs
	for _, entry := range entries {
		var e redirectEntry
		var err error
		page := entry
		page, e.query = strings.CutSuffix(page, "?*")
		page, e.below = strings.CutSuffix(page, "/*")
		switch e.page, err = parseWebURL(page); {
		case err != nil:
			return nil, err
		case strings.Contains(page, "*"):
			return nil, errRedirectWildcard
		case strings.Contains(page, "?"):
			return nil, errRedirectQuery
		}
		list = append(list, e)
	}
	return list, nil
}

// RedirectPage returns the page of an entry, without the wildcards at its end.
func RedirectPage(entry string) string {
	return strings.TrimSuffix(strings.TrimSuffix(entry, "?*"), "/*")
}

// Allow returns the URL as it may be mailed, rebuilt from its parts, if the list has it: an entry has the
// same scheme, host and port, the same path or, where it says so, one that it is below; and a query
// only where it says so. None may have a parameter "token", in any case: that is the link's own.
func (l RedirectURLs) Allow(given string) (canonical string, ok bool) {
	u, err := parseWebURL(given)
	if err != nil {
		return "", false
	}
	for _, entry := range l {
		if entry.covers(u) {
			return u.String(), true
		}
	}
	return "", false
}

// redirectError says what is wrong with an entry, without repeating it.
type redirectError string

func (e redirectError) Error() string { return string(e) }

const (
	errRedirectLength     redirectError = "must have at most 2,000 bytes."
	errRedirectCharacters redirectError = `must not have spaces, control characters, backslashes, # or any of %2e, %2f and %5c.`
	errRedirectScheme     redirectError = "must begin with https:// or http://."
	errRedirectHost       redirectError = "must name a host or an IP address, with a port from 1 to 65535 if any, and no user."
	errRedirectPath       redirectError = "must have a path without empty segments, . and .., semicolons and encoded percent signs."
	errRedirectParameters redirectError = "must have a readable query without a parameter named token."
	errRedirectWildcard   redirectError = "must not have a wildcard but /* at the end of its path, for all pages below, and ?* behind that, for any query."
	errRedirectQuery      redirectError = "must not have a query: ?* at its end allows any."
)

// webURL is a checked URL in the one way of writing it.
type webURL struct {
	origin string // https://app.example:8443; no default port, the host in ASCII and lower case
	path   string // escaped; at least a slash
	query  string // escaped; empty: none
}

// String returns the URL, in printable ASCII.
func (u webURL) String() string {
	if u.query == "" {
		return u.origin + u.path
	}
	return u.origin + u.path + "?" + u.query
}

// covers reports whether the entry allows u. The paths have no segments that step out of others.
func (e redirectEntry) covers(u webURL) bool {
	below := e.below && strings.HasPrefix(u.path, strings.TrimSuffix(e.page.path, "/")+"/")
	return e.page.origin == u.origin && (e.page.path == u.path || below) && (e.query || u.query == "")
}

// parseWebURL refuses whatever two programs could read in two ways, rather than to choose one.
func parseWebURL(s string) (webURL, error) {
	lower := strings.ToLower(s)
	switch {
	case len(s) > redirectMaxLength:
		return webURL{}, errRedirectLength
	case !text.Printable(s), strings.ContainsFunc(s, unicode.IsSpace), strings.ContainsAny(s, `\#`),
		strings.Contains(lower, "%2e"), strings.Contains(lower, "%2f"), strings.Contains(lower, "%5c"):
		return webURL{}, errRedirectCharacters
	}

	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return webURL{}, errRedirectScheme
	}
	var checked webURL
	var ok bool
	if checked.origin, ok = webOrigin(u, s); !ok {
		return webURL{}, errRedirectHost
	}
	if checked.path, ok = webPath(u.Path); !ok {
		return webURL{}, errRedirectPath
	}
	if checked.query, ok = webQuery(u.RawQuery); !ok {
		return webURL{}, errRedirectParameters
	}
	if len(checked.String()) > redirectMaxLength { // it is longer escaped
		return webURL{}, errRedirectLength
	}
	return checked, nil
}

// webOrigin returns scheme, host and port of u, which was read from s.
func webOrigin(u *url.URL, s string) (origin string, ok bool) {
	_, authority, _ := strings.Cut(s, "://")
	if end := strings.IndexAny(authority, "/?"); end >= 0 {
		authority = authority[:end]
	}
	if strings.ContainsAny(authority, "%@") {
		return "", false
	}
	host, ok := webHost(u.Hostname())
	if !ok {
		return "", false
	}

	origin = u.Scheme + "://" + host
	if u.Port() == "" {
		return origin, true
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return "", false
	}
	if u.Scheme == "https" && port == 443 || u.Scheme == "http" && port == 80 {
		return origin, true
	}
	return origin + ":" + strconv.FormatUint(port, 10), true
}

// webPath escapes a path that is read in one way by everybody. Some servers cut segments at
// semicolons, or decode twice.
func webPath(path string) (escaped string, ok bool) {
	if path == "" {
		return "/", true
	}
	if !text.Printable(path) || strings.ContainsAny(path, `%;`) {
		return "", false
	}
	segments := strings.Split(path[1:], "/")
	for i, segment := range segments {
		if segment == "." || segment == ".." || segment == "" && i < len(segments)-1 {
			return "", false
		}
	}
	return (&url.URL{Path: path}).EscapedPath(), true
}

// webQuery escapes a query and keeps its order. Some servers read a semicolon as an ampersand.
func webQuery(raw string) (escaped string, ok bool) {
	var parts []string
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, valued := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil || strings.Contains(part, ";") || !text.Printable(name+value) || strings.EqualFold(name, "token") {
			return "", false
		}
		part = escapeQuery(name)
		if valued {
			part += "=" + escapeQuery(value)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "&"), true
}

// escapeQuery is url.QueryEscape but for a space, which not everybody reads from a plus, and for a
// slash, which needs no escape (RFC 3986, 3.4) and may not come as one.
func escapeQuery(s string) string {
	return strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(s))
}
