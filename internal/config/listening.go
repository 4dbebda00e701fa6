package config

// Listening returns where a server with these settings listens, and whether it speaks https there, whatever is wrong
// with the rest of them.
func (s Settings) Listening() (addr string, secure bool) {
	r := resolve(s)
	return r.config.Addr, r.config.TLSCert != ""
}
