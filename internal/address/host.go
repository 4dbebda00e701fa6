package address

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// hostNames checks and maps host names as a client does that looks them up (RFC 5891, 5).
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.Transitional(false))

// ASCIIHost returns a host name in ASCII and lower case. It is not ok if no client could look the name up.
func ASCIIHost(name string) (host string, ok bool) {
	host, err := hostNames.ToASCII(name)
	return strings.Map(lowerASCII, host), err == nil
}

// mailHost returns the ASCII form of a domain, if it is a host name of two labels or more whose
// last is not a number, as that of an IP address is.
func mailHost(domain string) (host string, ok bool) {
	host, ok = ASCIIHost(domain)
	dot := strings.LastIndexByte(host, '.')
	if !ok || dot <= 0 || isNumber(host[dot+1:]) {
		return "", false
	}
	return host, true
}

// webHost returns an IP address, or the ASCII form of a name whose last label is not a number: browsers
// would read that as an IP address.
func webHost(name string) (host string, ok bool) {
	if ip, err := netip.ParseAddr(name); err == nil {
		if ip.Is6() {
			return "[" + ip.String() + "]", ip.Zone() == ""
		}
		return ip.String(), true
	}
	host, ok = ASCIIHost(name)
	return host, ok && !isNumber(host[strings.LastIndexByte(host, '.')+1:])
}

// isNumber reports whether a label has no character but digits.
func isNumber(label string) bool { return strings.Trim(label, "0123456789") == "" }

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// IsLoopback reports whether a host, without a port or brackets, is this machine itself: localhost and the
// names below it (RFC 6761, section 6.3), 127.0.0.0/8 and ::1. An address with a dot at its end is none, but a name
// that a resolver may send anywhere; one with a zone is not taken for this machine either.
func IsLoopback(host string) bool {
	if IsLocalName(host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Zone() == "" && ip.Unmap().IsLoopback()
}

// IsLocalName reports whether a host is localhost or a name below it, with or without the dot of the root.
func IsLocalName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost") && host != ".localhost"
}
