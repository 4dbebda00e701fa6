package config

import "net"

// metricsAddr returns where metrics are to be had, and "" for nowhere.
func (r *resolver) metricsAddr() string {
	given := r.given.MetricsAddr
	if given == "" {
		return ""
	}
	_, port, err := net.SplitHostPort(given)
	if err != nil || !validPort(port) {
		r.fault("LATCHKEY_METRICS_ADDR", "must be an address and a port.",
			"Give it as host:port, such as 127.0.0.1:9090, or nothing for no metrics.")
		return ""
	}
	return given
}
