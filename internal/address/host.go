package address

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// hostNames checks and maps host names as a client does that looks them up (RFC 5891, 5).
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.VerifyDNSLength(true), idna.Transitional(false))

// asciiHost returns a host name in ASCII and lower case, if a client could look it up.
func asciiHost(name string) (host string, ok bool) {
	host, err := hostNames.ToASCII(name)
	return strings.Map(lowerASCII, host), err == nil
}

// mailHost returns the ASCII form of a domain, if it is a host name of two labels or more whose
// last is not a number, as that of an IP address is.
func mailHost(domain string) (host string, ok bool) {
	host, ok = asciiHost(domain)
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
	host, ok = asciiHost(name)
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
// names below it (RFC 6761, section 6.3), 127.0.0.0/8 and ::1.
func IsLoopback(host string) bool {
	if IsLocalName(host) {
		return true
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(host, "."))
	return err == nil && ip.Unmap().IsLoopback()
}

// IsLocalName reports whether a host is localhost or a name below it.
func IsLocalName(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}
