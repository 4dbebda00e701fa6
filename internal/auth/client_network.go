package auth

import "net/netip"

// network is what is counted as one client.
type network struct {
	subject string // its prefix
	factor  int    // how many times the limit of a client address it has
}

// ipv6Networks are the networks that an IPv6 client is counted by. A client has 64 bits all to itself. Whoever
// has more, as customers of an access provider have 56 and those who rent a server have 48, is not many clients.
var ipv6Networks = []struct{ bits, factor int }{{64, 1}, {56, 4}, {48, 16}}

// sixToFour and nat64 are the prefixes of IPv6 addresses that have an IPv4 address in them: of the client's own
// router (RFC 3056), and of a translator that many clients share (RFC 6052).
var (
	sixToFour = netip.MustParsePrefix("2002::/16")
	nat64     = netip.MustParsePrefix("64:ff9b::/96")
)

// clientNetworks returns what a client is counted by, the narrowest first. None if no address is known, as at the
// command line and behind a Unix socket: all of them together are not one client.
func clientNetworks(r Request) []network {
	if !r.ClientIP.IsValid() {
		return nil
	}
	ip := embeddedIPv4(r.ClientIP.Unmap().WithZone(""))
	if ip.Is4() {
		return []network{{netip.PrefixFrom(ip, 32).String(), 1}}
	}
	networks := make([]network, len(ipv6Networks))
	for i, n := range ipv6Networks {
		networks[i] = network{netip.PrefixFrom(ip, n.bits).Masked().String(), n.factor}
	}
	return networks
}

// embeddedIPv4 returns the IPv4 address in an address, or the address if there is none in it.
func embeddedIPv4(ip netip.Addr) netip.Addr {
	bytes := ip.As16()
	switch {
	case sixToFour.Contains(ip):
		return netip.AddrFrom4([4]byte(bytes[2:6]))
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(bytes[12:16]))
	}
	return ip
}

// clientAddress returns what counts as one client. "" if no address is known.
func clientAddress(r Request) string {
	networks := clientNetworks(r)
	if len(networks) == 0 {
		return ""
	}
	return networks[0].subject
}

// clientNetwork returns the widest network that a client may have all to itself. "" if no address is known.
func clientNetwork(r Request) string {
	networks := clientNetworks(r)
	if len(networks) == 0 {
		return ""
	}
	return networks[len(networks)-1].subject
}
