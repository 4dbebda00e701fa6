package httpd

import (
	"net/netip"
	"strings"
)

// cutLast cuts the last element off a list with commas, and reports whether there is more before it.
func cutLast(list string) (rest, element string, more bool) {
	i := strings.LastIndexByte(list, ',')
	if i < 0 {
		return "", list, false
	}
	return list[:i], list[i+1:], true
}

// cutLastQuoted is cutLast for a list in which commas may stand in quotes.
//
// It reads from the end, so that the last element is what the last proxy wrote, whatever stands
// before it: a quote that a client opened and did not close must not swallow the proxy's own word.
func cutLastQuoted(list string) (rest, element string, more bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch {
		case list[i] == '"' && (!quoted || !escaped(list, i)):
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i], list[i+1:], true
		}
	}
	return "", list, false
}

// escaped reports whether an odd number of backslashes stands before the place.
func escaped(s string, place int) bool {
	before := strings.TrimRight(s[:place], `\`)
	return (place-len(before))%2 == 1
}

// parseForwarded returns what one element of a Forwarded header says (RFC 7239 section 4): the node
// that made the request, the zero Addr if it does not say or hides it, and the protocol, "" if it
// does not say. It is not ok if the element breaks the grammar or says a thing twice.
func parseForwarded(element string) (node netip.Addr, proto string, ok bool) {
	seen := map[string]bool{}
	for {
		// A parameter may be left out between two semicolons.
		if element = strings.TrimLeft(element, "; \t"); element == "" {
			return node, proto, len(seen) > 0
		}
		var name, value string
		if name, value, element, ok = cutPair(element); !ok || seen[name] {
			return netip.Addr{}, "", false
		}
		seen[name] = true
		switch name {
		case "for":
			node, _ = parseNode(value)
		case "proto":
			proto = value
		}
	}
}

// cutPair cuts a parameter off the front of an element. Its name comes in lower case.
func cutPair(element string) (name, value, rest string, ok bool) {
	name, rest, ok = strings.Cut(element, "=")
	if !ok || !isToken(name) {
		return "", "", "", false
	}
	if strings.HasPrefix(rest, `"`) {
		value, rest, ok = cutQuoted(rest)
	} else {
		end := strings.IndexByte(rest, ';')
		if end < 0 {
			end = len(rest)
		}
		value, rest = strings.TrimRight(rest[:end], " \t"), rest[end:]
		ok = isToken(value)
	}
	if rest = strings.TrimLeft(rest, " \t"); !ok || rest != "" && rest[0] != ';' {
		return "", "", "", false
	}
	return strings.ToLower(name), value, rest, true
}

// cutQuoted cuts a quoted string (RFC 9110 section 5.6.4) off the front, and returns what it means.
func cutQuoted(s string) (value, rest string, ok bool) {
	var text strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '"':
			return text.String(), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
		}
		text.WriteByte(s[i])
	}
	return "", "", false
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2). Colons and brackets, which are none,
// are taken as well: proxies write addresses of IPv6 without the quotes that they need.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
		return !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~:[]", c)
	})
}

// parseNode returns the address that a proxy wrote: of IPv4 or IPv6, the latter in brackets or not,
// perhaps with a port. Words that stand for an address (unknown, _hidden) are not ok.
func parseNode(s string) (addr netip.Addr, ok bool) {
	addr, err := netip.ParseAddr(s)
	if inner, found := strings.CutPrefix(s, "["); found && strings.HasSuffix(inner, "]") {
		addr, err = netip.ParseAddr(strings.TrimSuffix(inner, "]"))
		if addr.Is4() {
			return netip.Addr{}, false
		}
	} else if err != nil {
		var port netip.AddrPort
		port, err = netip.ParseAddrPort(s)
		addr = port.Addr()
	}
	if err != nil {
		return netip.Addr{}, false
	}
	// A zone means something on the proxy only.
	return addr.Unmap().WithZone(""), true
}
