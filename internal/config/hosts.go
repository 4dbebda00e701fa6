package config

import (
	"fmt"
	"net/netip"
	"strings"
)

// allowedHosts returns the hosts that the server answers to beside its own, without ports.
func (r *resolver) allowedHosts() []string {
	const variable = "LATCHKEY_ALLOWED_HOSTS"
	const remedy = "Give host names and addresses without scheme and port, separated by commas, such as latchkey.internal,10.0.0.5."

	var hosts []string
	for i, entry := range r.list(variable, remedy) {
		host := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(entry, "["), "]"))
		if ip, err := netip.ParseAddr(host); err == nil {
			hosts = append(hosts, ip.String())
			continue
		}
		if problem := hostProblem(host); problem != "" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which %s", i+1, problem), remedy)
			continue
		}
		hosts = append(hosts, host)
	}
	if r.faulty(variable) {
		return nil
	}
	return hosts
}

// hostProblem says what keeps a text from being a host name, or nothing.
func hostProblem(host string) string {
	switch {
	case strings.Contains(host, "*"):
		return "has a wildcard: each host must be named."
	case strings.Contains(host, "/"):
		return "has a scheme or a path."
	case strings.Contains(host, ":"):
		return "has a port: it makes no difference, leave it out."
	case strings.ContainsFunc(host, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_'
	}):
		return "has characters that no Host header has: give it in ASCII (xn--…)."
	}
	return ""
}
