package config

import (
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// hidden stands for a value that is set and shows nothing of it.
const hidden = "[set]"

// blank stands for a part of a URL that is not shown.
const blank = "xxxxx"

// mask returns a value as it may be shown: as it is, unless it looks like a URL. Of a URL the
// password is blanked, in front of the host or in the query; a URL that cannot be taken apart with
// certainty is not shown at all.
func mask(value string) string {
	if !strings.Contains(value, "://") {
		return value
	}

	u, err := url.Parse(value)
	if err != nil || address.StrayAt(u) {
		return hidden
	}

	switch password, ok := u.User.Password(); {
	case u.User == nil:
	case !ok: // the one word may be a key
		u.User = url.User(blank)
	case password == u.User.Username(): // as some mail services have it
		u.User = url.UserPassword(blank, blank)
	default:
		u.User = url.UserPassword(u.User.Username(), blank)
	}

	u.RawQuery = maskQuery(u.RawQuery)
	return u.String()
}

// maskSecret is mask for a setting that is secret unless it is a URL.
func maskSecret(value string) string {
	if !strings.Contains(value, "://") {
		return hidden
	}
	return mask(value)
}

// maskQuery blanks the parameters of a query that hold a password, and keeps the rest as it is.
func maskQuery(query string) string {
	if query == "" {
		return ""
	}

	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		if value != placeholder && holdsPassword(name) {
			parts[i] = name + "=" + blank
		}
	}
	return strings.Join(parts, "&")
}

func holdsPassword(name string) bool {
	plain, err := url.QueryUnescape(name)
	if err != nil {
		return true
	}

	plain = strings.ToLower(plain)
	for _, word := range []string{"pass", "pwd", "secret", "token", "key"} {
		if strings.Contains(plain, word) {
			return true
		}
	}
	return false
}
