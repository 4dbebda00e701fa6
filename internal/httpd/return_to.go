package httpd

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// returnTo returns where somebody goes after signing in, as the parameter return_to asks: a path of this
// server, a page that LATCHKEY_REDIRECT_URLS allows, or one of an origin that may use the API. It is
// rebuilt from its parts, without scheme and host where it is this server's own. Whatever else is asked
// for is ignored, and the answer is empty: nobody is led from here to a stranger's page.
func (s *Server) returnTo(r *http.Request) string {
	values := r.URL.Query()["return_to"]
	if len(values) != 1 || values[0] == "" {
		return ""
	}
	given := values[0]
	if s.public != nil && !strings.Contains(given, ":") && !strings.HasPrefix(given, "//") {
		given = s.public.Scheme + "://" + s.public.Host + "/" + strings.TrimPrefix(given, "/")
		if !strings.HasPrefix(values[0], "/") {
			given = strings.TrimSuffix(s.public.String(), "/") + "/" + values[0]
		}
	}

	if own, ok := s.allowedBy(s.public, given); ok {
		u, err := url.Parse(own)
		if err != nil {
			return ""
		}
		return u.RequestURI()
	}
	if allowed, ok := s.config.RedirectURLs.Allow(given); ok {
		return allowed
	}
	asked, err := url.Parse(given)
	if err != nil || s.config.Origins == nil || !s.config.Origins.allows(asked.Scheme+"://"+asked.Host) {
		return ""
	}
	allowed, _ := s.allowedBy(&url.URL{Scheme: asked.Scheme, Host: asked.Host}, given)
	return allowed
}

// allowedBy returns a URL, rebuilt, if it is base or below it.
func (s *Server) allowedBy(base *url.URL, given string) (canonical string, ok bool) {
	if base == nil {
		return "", false
	}
	list, err := auth.ParseRedirectURLs(base.String())
	if err != nil {
		return "", false
	}
	return list.Allow(given)
}
