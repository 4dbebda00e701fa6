package httpd

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/authorization"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// clientCredentials reads the one Authorization header with which a backend shows its key: Bearer and
// the key; or Basic and, each encoded as in a form, its id and the key (RFC 6749 section 2.3.1). The
// scheme may be in any case. The id is "" with Bearer, and never with Basic.
func clientCredentials(h http.Header) (id string, key secret.Text, ok bool) {
	values := h.Values("Authorization")
	if len(values) != 1 || strings.Contains(values[0], "\t") {
		return "", "", false
	}
	switch header := authorization.Parse(values[0]); {
	case header.Is("Bearer"):
		key, ok = header.Token()
	case header.Is("Basic"):
		if id, key, ok = header.Pair(); ok {
			return decodeForm(id, key)
		}
	}
	return "", key, ok
}

// decodeForm decodes an id and a key as a form has them. Both are needed.
func decodeForm(encodedID string, encodedKey secret.Text) (id string, key secret.Text, ok bool) {
	id, err := url.QueryUnescape(encodedID)
	if err != nil || id == "" {
		return "", "", false
	}
	text, err := url.QueryUnescape(encodedKey.Reveal())
	if err != nil || text == "" {
		return "", "", false
	}
	return id, secret.Text(text), true
}
