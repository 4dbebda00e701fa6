package address

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errNoURL    = errors.New("must be a URL")
	errEncoding = errors.New("cannot be read as a URL: in a password the characters / ? # @ % must be percent-encoded (%2F %3F %23 %40 %25)")
)

// ParseSecretURL returns a URL that may hold a password. Its error is for the operator, and follows the name of
// the setting. It quotes nothing of the URL: any part may be a piece of a password with a character that was not
// encoded. (What net/url says quotes it.)
func ParseSecretURL(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return nil, errEncoding
	case u.Scheme == "" || u.Opaque != "":
		return nil, errNoURL
	case StrayAt(u), strings.Count(value, "@") > 1:
		return nil, errEncoding
	}
	return u, nil
}

// StrayAt reports whether an @ stands behind the host, as it does when a password holds a /, a ? or
// a # that was not percent-encoded: then the host, the port and the path are parts of the password.
func StrayAt(u *url.URL) bool {
	return strings.Contains(u.Opaque+u.EscapedPath()+u.RawQuery+u.EscapedFragment(), "@")
}
