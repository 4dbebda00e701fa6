package config

import "github.com/latchkey-auth/latchkey/internal/address"

// smtp returns the server that takes the mail, or nil if there is none.
func (r *resolver) smtp() *address.SMTPServer {
	const variable = "LATCHKEY_SMTP_URL"
	const remedy = "Give it as smtp://user:password@host:587 or smtps://user:password@host:465." //nolint:gosec // an example

	if r.demand(variable, "production sends mail.", remedy) || r.given.SMTPURL == "" {
		return nil
	}

	server, err := address.ParseSMTPURL(r.given.SMTPURL)
	if err != nil {
		r.fault(variable, err.Error()+".", remedy)
		return nil
	}
	return server
}
