package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// passkeys settles on which domain passkeys work, and for which apps.
func (r *resolver) passkeys() {
	r.config.PasskeyDomain = r.passkeyDomain()
	r.config.PasskeyApps = r.passkeyApps()
	r.config.PasskeyClones = r.choice("LATCHKEY_PASSKEY_CLONES", "refuse", "tolerate")
}

// passkeyDomain returns the domain of passkeys, which browsers compare with that of the page: it has to be the host of
// the page, or end it after a dot.
func (r *resolver) passkeyDomain() string {
	const variable = "LATCHKEY_PASSKEY_DOMAIN"
	const remedy = "Give the host of your pages, or the end of it that all of them share, such as your-site.com. Or off."

	domain := strings.ToLower(r.given.PasskeyDomain)
	switch {
	case domain == "off" || r.config.PublicURL == nil:
		return ""
	case domain == "":
		if host := strings.ToLower(r.config.PublicURL.Hostname()); !isAddress(host) {
			return host
		}
		return ""
	}
	problem := hostProblem(domain)
	switch {
	case problem != "":
	case isAddress(domain):
		problem = "is an address: browsers know no passkeys for those."
	case domain != "localhost" && !strings.Contains(strings.Trim(domain, "."), "."):
		problem = "is the end of more sites than yours."
	case !r.hasPageOn(domain):
		problem = "is on neither the public URL nor an allowed origin, so no page could use it."
	default:
		return domain
	}
	r.fault(variable, problem, remedy)
	return ""
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// hasPageOn reports whether a page that may use the API is on the domain.
func (r *resolver) hasPageOn(domain string) bool {
	for _, page := range append([]string{r.config.PublicURL.String()}, r.config.AllowedOrigins...) {
		u, err := url.Parse(page)
		if err != nil {
			continue
		}
		if host := strings.ToLower(u.Hostname()); host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// passkeyApps returns the origins of apps.
func (r *resolver) passkeyApps() []string {
	const variable = "LATCHKEY_PASSKEY_APPS"
	const remedy = "Give what apps call themselves, separated by commas, such as android:apk-key-hash:…. Pages belong into LATCHKEY_ALLOWED_ORIGINS."

	apps := r.list(variable, remedy)
	for i, app := range apps {
		scheme, rest, _ := strings.Cut(app, ":")
		if scheme == "" || rest == "" || scheme == "http" || scheme == "https" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which is no origin of an app.", i+1), remedy)
			return nil
		}
	}
	if len(apps) == 0 {
		return nil
	}
	return apps
}
