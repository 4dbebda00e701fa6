package config

import (
	"cmp"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// addr returns where to listen. An address wins over a port; a port alone is on this machine's own
// interface in development and on all in production.
func (r *resolver) addr() string {
	host := ""
	if r.config.Mode == Development {
		host = "127.0.0.1"
	}

	port := r.given.Port
	if port != "" && !validPort(port) {
		r.fault("PORT", "must be a number from 0 to 65535.", "Give the number of a free port, such as 8080.")
		port = ""
	}
	otherwise := net.JoinHostPort(host, cmp.Or(port, "8080"))

	if r.given.Addr == "" {
		return otherwise
	}
	_, port, err := net.SplitHostPort(r.given.Addr)
	if err != nil || !validPort(port) {
		r.fault("LATCHKEY_ADDR", "must be an address and a port.",
			"Give it as host:port, such as 127.0.0.1:8080, [::1]:8080 or :8080 for every interface.")
		return otherwise
	}
	return r.given.Addr
}

func validPort(port string) bool {
	_, err := strconv.ParseUint(port, 10, 16)
	return err == nil
}

// publicURL returns where browsers find the server.
func (r *resolver) publicURL() *url.URL {
	const variable = "LATCHKEY_PUBLIC_URL"
	const remedy = "Give the address that people see, such as https://auth.your-site.com."

	_, port, _ := net.SplitHostPort(r.config.Addr) // addr has checked it
	local := &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", port)}
	if r.config.TLSCert != "" {
		local.Scheme = "https"
	}

	if r.demand(variable, "production needs the https address at which people reach it.", remedy) || r.given.PublicURL == "" {
		return local
	}

	u, problem := parseWeb(r.given.PublicURL)
	switch {
	case problem != "":
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		problem = "must end with the host or a path, without ? or #."
	case r.config.Mode == Production:
		problem = notPublic(u)
	}
	if problem != "" {
		r.fault(variable, problem, remedy)
		return local
	}

	// As browsers write an origin.
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "https" {
		u.Host = strings.TrimSuffix(u.Host, ":443")
	} else {
		u.Host = strings.TrimSuffix(u.Host, ":80")
	}
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u
}

// notPublic says what keeps a URL from being used in production, or nothing.
func notPublic(u *url.URL) string {
	switch {
	case u.Scheme != "https":
		return "must begin with https:// in production."
	case address.IsLoopback(u.Hostname()):
		return "must not be this machine's own address in production."
	}
	return ""
}

// parseWeb returns an absolute http or https URL, or what is wrong with it.
func parseWeb(value string) (u *url.URL, problem string) {
	u, err := url.Parse(value)
	switch {
	case err != nil:
		return nil, "cannot be read as a URL."
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, "must begin with https:// or http://."
	case u.Hostname() == "":
		return nil, "names no host."
	case u.Port() != "" && !validPort(u.Port()):
		return nil, "has a port over 65535."
	case u.User != nil:
		return nil, "must not hold a user or a password."
	}
	return u, ""
}
