package config

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"unicode"

	"github.com/latchkey-auth/latchkey/internal/address"
)

// tlsFiles returns the files of the certificate and of its key. What is in them is looked at by the
// server, which reads them again when they change.
func (r *resolver) tlsFiles() (cert, key string) {
	cert, key = r.given.TLSCert, r.given.TLSKey.Reveal()
	for variable, path := range map[string]string{"LATCHKEY_TLS_CERT": cert, "LATCHKEY_TLS_KEY": key} {
		if strings.Contains(path, "-----") && !r.faulty(variable) {
			r.fault(variable, "holds PEM itself.", "Give the path of the file that has it.")
		}
	}
	if r.faulty("LATCHKEY_TLS_CERT") || r.faulty("LATCHKEY_TLS_KEY") {
		return "", ""
	}

	const both = "Give both for https, or neither for plain http behind a proxy."
	switch {
	case cert == "" && key != "":
		r.fault("LATCHKEY_TLS_CERT", "is not set, although LATCHKEY_TLS_KEY is: a key is of no use without its certificate.", both)
		return "", ""
	case cert != "" && key == "":
		r.fault("LATCHKEY_TLS_KEY", "is not set, although LATCHKEY_TLS_CERT is: a certificate is of no use without its key.", both)
		return "", ""
	}
	return cert, key
}

// trustedProxies returns the addresses whose word on where a request came from is taken.
func (r *resolver) trustedProxies() []netip.Prefix {
	const variable = "LATCHKEY_TRUSTED_PROXIES"
	const remedy = "Give addresses and prefixes, separated by commas, such as 10.0.0.0/8,127.0.0.1,::1."

	var prefixes []netip.Prefix
	for i, entry := range r.list(variable, remedy) {
		prefix, problem := parsePrefix(entry)
		if problem != "" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which %s", i+1, problem), remedy)
			continue
		}
		prefixes = append(prefixes, prefix)
	}
	if r.faulty(variable) {
		return nil
	}
	return prefixes
}

// parsePrefix returns an address or a prefix as a prefix, one of IPv4 as such even if it was written
// as IPv6, or what is wrong with it.
func parsePrefix(entry string) (prefix netip.Prefix, problem string) {
	prefix, err := netip.ParsePrefix(entry)
	if err != nil {
		addr, err := netip.ParseAddr(entry)
		if err != nil || addr.Zone() != "" {
			return netip.Prefix{}, "is neither an address nor a prefix."
		}
		prefix = netip.PrefixFrom(addr, addr.BitLen())
	}
	const mapped = 96 // bits in front of the IPv4 address
	if prefix.Addr().Is4In6() && prefix.Bits() >= mapped {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-mapped)
	}
	if prefix.Bits() == 0 {
		return netip.Prefix{}, "is every address there is: anybody could claim to be anybody."
	}
	return prefix.Masked(), ""
}

// allowedOrigins returns the origins whose pages may use the API.
func (r *resolver) allowedOrigins() []string {
	const variable = "LATCHKEY_ALLOWED_ORIGINS"
	const remedy = "Give each as scheme, host and perhaps port, separated by commas, such as https://app.your-site.com,http://localhost:3000."

	var origins []string
	for i, entry := range r.list(variable, remedy) {
		origin, problem := r.parseOrigin(entry)
		if problem != "" {
			r.fault(variable, fmt.Sprintf("has the entry %d, which %s", i+1, problem), remedy)
			continue
		}
		if !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	if r.faulty(variable) {
		return nil
	}
	return origins
}

// parseOrigin returns an origin as browsers write it, or what is wrong with it.
func (r *resolver) parseOrigin(entry string) (origin, problem string) {
	u, problem := parseWeb(entry)
	switch {
	case strings.EqualFold(entry, "null"):
		return "", `is what browsers say of pages whose origin they hide: it would allow everybody.`
	case strings.Contains(entry, "*"):
		return "", "has a wildcard: each origin must be named."
	case problem != "":
		return "", problem
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(entry, "#"):
		return "", "must end with the host or the port, without a slash or anything behind it."
	case strings.ContainsFunc(u.Host, func(c rune) bool { return c > unicode.MaxASCII || strings.ContainsRune("%,;'\"<>\\", c) }):
		return "", "has a host with characters that browsers do not write there: give it in ASCII (xn--…)."
	case strings.HasSuffix(u.Host, ":"):
		return "", "has a colon without a port."
	case u.Scheme == "http" && r.config.Mode == Production && !address.IsLoopback(u.Hostname()):
		return "", "must begin with https:// unless it is on localhost."
	}

	host, port := strings.ToLower(u.Hostname()), strings.TrimLeft(u.Port(), "0")
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.String()
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return u.Scheme + "://" + host, ""
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.Trim(host, "[]"), port), ""
}

// list returns the entries of a setting that has several, separated by commas, spaces or both.
func (r *resolver) list(variable, remedy string) []string {
	field := fieldOf(variable)
	value := field.get(&r.given)
	entries := strings.FieldsFunc(value, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
	field.set(&r.given, strings.Join(entries, ",")) // as it is shown; with spaces it would be no URL to mask
	if value != "" && len(entries) == 0 {
		r.fault(variable, "has nothing but commas.", remedy)
	}
	return entries
}
