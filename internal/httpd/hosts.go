package httpd

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// Hosts are those by whose names a server answers. A page of another site can have its own name lead
// to this server (DNS rebinding); its requests then count as same-origin, and only the Host header tells
// that they were meant for another server. The port makes no difference: a name is what can be turned.
type Hosts struct {
	Names    []string // names and addresses, without ports
	Loopback bool     // localhost, the names below it, and every loopback address
	Literals bool     // every IP address: no name server has a say in those
}

// Allow reports whether a Host header names one of them.
func (h *Hosts) Allow(header string) bool {
	name, ok := hostName(header)
	if !ok {
		return false
	}
	if h.Loopback && address.IsLoopback(name) || slices.ContainsFunc(h.Names, func(n string) bool { return strings.EqualFold(n, name) }) {
		return true
	}
	_, err := netip.ParseAddr(name)
	return h.Literals && err == nil
}

// hostName returns the host of a Host header, without its port and brackets. It is not ok if the header
// names none.
func hostName(header string) (name string, ok bool) {
	name, port, err := net.SplitHostPort(header)
	if err != nil {
		name, port = header, "0"
		if inner, found := strings.CutPrefix(header, "["); found {
			if name, found = strings.CutSuffix(inner, "]"); !found {
				return "", false
			}
		}
	}
	if port == "" || strings.ContainsFunc(port, func(c rune) bool { return c < '0' || c > '9' }) {
		return "", false
	}
	return name, name != ""
}

// isGraphQL reports whether a request is for the API.
func isGraphQL(r *http.Request) bool { return r.URL.Path == "/graphql" || r.URL.Path == "/graphql/" }

// refuseHost answers a request for another host, and reports whether it did. Load balancers ask for
// health by whatever name they have.
func (s *Server) refuseHost(w http.ResponseWriter, r *http.Request) bool {
	if s.config.Hosts == nil || r.URL.Path == "/healthz" || r.URL.Path == "/readyz" || s.config.Hosts.Allow(r.Host) {
		return false
	}
	refusal := "This server does not answer to the host name of this request, only to that of its public URL. " +
		"If a proxy changes the Host header, let it pass on the original, or add the name to LATCHKEY_ALLOWED_HOSTS."
	if s.config.Development != nil {
		refusal = "In development mode this server answers to localhost and 127.0.0.1 only, so that no other site can reach it through your browser. " +
			"To use another host name, add it to LATCHKEY_ALLOWED_HOSTS."
	}
	if isGraphQL(r) {
		s.graphQLError(w, r, http.StatusMisdirectedRequest, refusal, "FORBIDDEN")
	} else {
		s.text(w, r, http.StatusMisdirectedRequest, refusal)
	}
	return true
}
