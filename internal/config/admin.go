package config

import "net"

// adminAddr returns where administration is to be had, and "" for where everything else is.
func (r *resolver) adminAddr() string {
	const variable = "LATCHKEY_ADMIN_ADDR"
	addr := r.addrBeside(variable, "127.0.0.1:9091, or nothing to have administration at the server's own address.")
	_, port, err := net.SplitHostPort(addr)
	if err != nil || port == "0" {
		return addr
	}
	for name, other := range map[string]string{"the server": r.config.Addr, "the metrics": r.config.MetricsAddr} {
		if _, taken, err := net.SplitHostPort(other); err == nil && taken == port {
			r.fault(variable, "has the port of "+name+".", "Give administration a port of its own, such as 127.0.0.1:9091.")
			return ""
		}
	}
	return addr
}
