package config

import "net"

// metricsAddr returns where metrics are to be had, and "" for nowhere.
func (r *resolver) metricsAddr() string {
	return r.addrBeside("LATCHKEY_METRICS_ADDR", "127.0.0.1:9090, or nothing for no metrics.")
}

// addrBeside returns an address to listen on beside that of the server, and "" for none.
func (r *resolver) addrBeside(variable, example string) string {
	given := fieldOf(variable).get(&r.given)
	if given == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(given)
	if err != nil || !validPort(port) {
		r.fault(variable, "must be an address and a port.", "Give it as host:port, such as "+example)
		return ""
	}
	return given
}
