package httpd

import (
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// returnTo returns where a user goes after signing in, as the parameter return_to asks: a path of this
// server's origin, a page that LATCHKEY_REDIRECT_URLS allows, or one of an origin that may use the API.
// It is rebuilt from its parts, without scheme and host where they are this server's own. Whatever else
// is asked for is ignored, and the answer is empty: no user is led from here to a stranger's page.
func (s *Server) returnTo(r *http.Request) string {
	values := r.URL.Query()["return_to"]
	if len(values) != 1 || values[0] == "" || s.public == nil {
		return ""
	}
	given, origin := values[0], s.public.Scheme+"://"+s.public.Host
	switch {
	case strings.HasPrefix(given, "/") && !strings.HasPrefix(given, "//"):
		given = origin + given
	case !strings.ContainsAny(given, ":/\\"): // a page of ours, by its name
		given = strings.TrimSuffix(s.public.String(), "/") + "/" + given
	}

	if own, ok := onOrigin(origin, given); ok {
		if s.leadsToProvider(own) {
			return ""
		}
		return strings.TrimPrefix(own, origin)
	}
	if allowed, ok := s.config.RedirectURLs.Allow(given); ok {
		return allowed
	}
	asked, err := url.Parse(given)
	if err != nil || s.config.Origins == nil || !s.config.Origins.allows(asked.Scheme+"://"+asked.Host) {
		return ""
	}
	allowed, _ := onOrigin(asked.Scheme+"://"+asked.Host, given)
	return allowed
}

// leadsToProvider reports whether a URL of this origin is one of those that begin or end a sign-in with a provider. A
// link to a sign-in page must not lead there: our script would follow it as if the user had pressed a button, and what
// some provider says of this browser would be connected to the account that has just been signed in to.
func (s *Server) leadsToProvider(own string) bool {
	u, err := url.Parse(own)
	if err != nil {
		return true
	}
	below := strings.TrimPrefix(path.Clean(u.Path), strings.TrimSuffix(s.public.Path, "/"))
	first, _, _ := strings.Cut(strings.TrimPrefix(below, "/"), "/")
	for _, name := range []string{providerPath, providerReturnPath, "callback"} {
		if strings.EqualFold(first, name) {
			return true
		}
	}
	return false
}

// onOrigin returns a URL, rebuilt, if it is of an origin.
func onOrigin(origin, given string) (canonical string, ok bool) {
	list, err := address.ParseRedirectURLs(origin + "/*?*")
	if err != nil {
		return "", false
	}
	return list.Allow(given)
}
