package httpd

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// maxHops bounds how many proxies a request may say that it came through; no deployment has as many, and
// what is further away is not looked at.
const maxHops = 32

// proxies are those whose word is taken on where a request came from.
type proxies []netip.Prefix

// trust reports whether the address is that of a proxy. A connection without an address, a Unix
// socket, is none.
func (p proxies) trust(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// client returns the address of the client that sent the request, and whether its own connection is
// encrypted, as far as it is known.
//
// Only what a trusted proxy says counts, and each says who connected to itself. So the list that the
// proxies made is read from its end, where the nearest one wrote: as long as an address is a trusted
// proxy's, the one before it is believed too. The first that is none is the client, and whatever
// stands before it is the client's own invention. What cannot be read ends the walk at the last proxy.
//
// X-Forwarded-For counts wherever there is one, and Forwarded (RFC 7239) only where there is none:
// most proxies write the former, always, and hand on a forged one of the latter.
func (p proxies) client(r *http.Request) (addr netip.Addr, secure bool) {
	peer := clientIP(r.RemoteAddr)
	secure = r.TLS != nil
	if !p.trust(peer) {
		return peer, secure
	}
	if list := r.Header.Values("X-Forwarded-For"); len(list) > 0 || len(r.Header.Values("Forwarded")) == 0 {
		addr, hops := p.walk(peer, strings.Join(list, ","), cutLast, parseNode)
		if said := r.Header.Values("X-Forwarded-Proto"); len(said) > 0 {
			secure = overTLS(strings.Join(said, ","), hops)
		}
		return addr, secure
	}

	proto := ""
	addr, _ = p.walk(peer, strings.Join(r.Header.Values("Forwarded"), ","), cutLastQuoted, func(element string) (netip.Addr, bool) {
		node, said, ok := parseForwarded(element)
		if ok {
			proto = said
		}
		return node, ok && node.IsValid()
	})
	if proto != "" {
		secure = strings.EqualFold(proto, "https")
	}
	return addr, secure
}

// walk reads a list of addresses from its end, and returns the client's and how far from the end it
// stood; from is the address of the proxy that sent the list.
func (p proxies) walk(from netip.Addr, list string, cut func(string) (string, string, bool), parse func(string) (netip.Addr, bool)) (addr netip.Addr, hops int) {
	addr = from
	for more := list != ""; more && hops < maxHops && p.trust(addr); hops++ {
		var element string
		list, element, more = cut(list)
		next, ok := parse(strings.Trim(element, " \t"))
		if !ok {
			return addr, hops
		}
		addr = next
	}
	return addr, hops
}

// overTLS reports whether X-Forwarded-Proto says that the client's connection is encrypted. Proxies
// set one word for all, or add one each, as they do to X-Forwarded-For; then that of the client's
// place counts, hops from the end.
func overTLS(list string, hops int) bool {
	words := strings.Split(list, ",")
	place := len(words) - max(1, hops)
	if len(words) == 1 {
		place = 0
	}
	return place >= 0 && strings.EqualFold(strings.Trim(words[place], " \t"), "https")
}
