package passkey

import (
	"net/url"
	"slices"
	"strings"
)

// isLocalhost reports whether an origin is that of a page on http://localhost, of any port.
func isLocalhost(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Hostname() == "localhost" && "http://"+u.Host == origin
}

// RelatedOrigins are the origins of pages, for /.well-known/webauthn: a browser lets pages use passkeys of a domain
// that they are not part of only if that domain names them there (Level 3, section 5.11). Never nil.
func (p *RelyingParty) RelatedOrigins() []string {
	origins := []string{}
	for _, origin := range p.settings.Origins {
		if strings.HasPrefix(origin, "https://") && !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}
