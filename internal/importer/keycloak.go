package importer

import (
	"encoding/base32"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// Keycloak is the export of a realm with its users.
var Keycloak = newFormat("keycloak", tableFormat("users", func(_ *export, to *Row, c row) {
	if text1(c, "serviceAccountClientId") != "" {
		to.refuse("", "This is the account of a service, not of a person.")
		return
	}
	u := to.User
	to.id(text1(c, "id"))
	u.Email, u.EmailVerified, u.Username = text1(c, "email"), isTrue(c, "emailVerified"), text1(c, "username")
	u.Name, u.CreatedAt = fullName(c, "firstName", "lastName"), at(c, "createdTimestamp")
	u.Disabled = c["enabled"] != nil && !isTrue(c, "enabled")
	if u.Username == u.Email {
		u.Username = ""
	}
	for _, item := range asList(c["credentials"]) {
		credential, ok := asObject(item)
		if !ok {
			continue
		}
		switch text1(credential, "type") {
		case "password":
			to.hash(foreign.ParseKeycloak(text1(credential, "credentialData"), text1(credential, "secretData")))
		case "otp":
			keycloakOTP(to, credential)
		default:
			to.note("passkeys", "A credential was left out: only passwords and authenticator apps can be imported.")
		}
	}
	for _, item := range asList(c["federatedIdentities"]) {
		if i, ok := asObject(item); ok {
			to.identity(text1(i, "identityProvider"), text1(i, "userId"), "")
		}
	}
}))

// keycloakOTP takes an authenticator app. Unless it says so, its secret is the bytes of a text.
func keycloakOTP(to *Row, credential row) {
	about, _ := asObject(credential["credentialData"])
	kept, _ := asObject(credential["secretData"])
	secretText := text1(kept, "value")
	usual := text1(about, "subType") == "totp" && text1(about, "digits") == "6" && text1(about, "period") == "30" && text1(about, "algorithm") == "HmacSHA1"
	switch {
	case !usual || secretText == "":
		to.note("totpSecret", "An authenticator app was left out: only apps with six digits every 30 seconds by SHA-1 can be imported.")
	case text1(about, "secretEncoding") == "BASE32":
		to.totp(secretText)
	default:
		to.totp(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte(secretText)))
	}
}
