package httpd

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// clientCredentials reads the one Authorization header with which a backend shows its key: Bearer and
// the key; or Basic and, each encoded as in a form, its id and the key (RFC 6749 section 2.3.1). The
// scheme may be in any case. The id is "" with Bearer, and never with Basic.
func clientCredentials(h http.Header) (id string, key secret.Text, ok bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return "", "", false
	}
	scheme, rest, _ := strings.Cut(values[0], " ")
	rest = strings.Trim(rest, " ")
	switch {
	case rest == "" || strings.ContainsAny(rest, " \t"):
		return "", "", false
	case strings.EqualFold(scheme, "Bearer"):
		return "", secret.Text(rest), true
	case strings.EqualFold(scheme, "Basic"):
		return basicCredentials(rest)
	}
	return "", "", false
}

func basicCredentials(encoded string) (id string, key secret.Text, ok bool) {
	decoded, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	id, password, _ := strings.Cut(string(decoded), ":")
	id, err = url.QueryUnescape(id)
	if err != nil || id == "" {
		return "", "", false
	}
	password, err = url.QueryUnescape(password)
	if err != nil || password == "" {
		return "", "", false
	}
	return id, secret.Text(password), true
}
