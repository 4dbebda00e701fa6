package importer

import (
	"net/url"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// Kratos is the identities of Ory Kratos with their credentials, as its administration API lists them.
var Kratos = newFormat("kratos", tableFormat("identities", func(_ *export, to *Row, c row) {
	u := to.User
	to.id(text1(c, "id"))
	u.Email, u.Username = text1(c, "traits.email"), text1(c, "traits.username")
	if u.Name = text1(c, "traits.name"); u.Name == "" {
		u.Name = fullName(c, "traits.name.first", "traits.name.last")
	}
	u.CreatedAt, u.Disabled = at(c, "created_at"), text1(c, "state") == "inactive"
	for _, item := range asList(c["verifiable_addresses"]) {
		if a, ok := asObject(item); ok && strings.EqualFold(text1(a, "value"), u.Email) {
			u.EmailVerified = isTrue(a, "verified")
		}
	}
	to.hash(foreign.Parse(text1(c, "credentials.password.config.hashed_password")))
	for _, item := range asList(lookup(c, "credentials.oidc.config.providers")) {
		if i, ok := asObject(item); ok {
			to.identity(text1(i, "provider"), text1(i, "subject"), "")
		}
	}
	if app, err := url.Parse(text1(c, "credentials.totp.config.totp_url")); err == nil {
		to.totp(app.Query().Get("secret"))
	}
	for _, item := range asList(lookup(c, "credentials.lookup_secret.config.recovery_codes")) {
		if code, ok := asObject(item); ok && at(code, "used_at").IsZero() {
			to.recoveryCode(text1(code, "code"))
		}
	}
	if lookup(c, "credentials.webauthn.config") != nil || lookup(c, "credentials.passkey.config") != nil {
		to.note("passkeys", "The passkeys were left out: write them in the format latchkey to keep them.")
	}
}))
