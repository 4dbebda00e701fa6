package importer

import "github.com/latchkey-auth/latchkey/internal/secret/foreign"

// Auth0 is the export of users in lines of JSON, and that of password hashes, which the support hands out.
var Auth0 = newFormat("auth0", tableFormat("", func(_ *export, to *Row, c row) {
	u := to.User
	u.ExternalID = text1(c, "user_id")
	if u.ExternalID == "" {
		if id := text1(c, "alt_id", "_id.$oid"); id != "" {
			u.ExternalID = "auth0|" + id
		}
	}
	u.Email, u.EmailVerified = text1(c, "email"), isTrue(c, "email_verified")
	for _, item := range asList(c["identifiers"]) {
		if i, ok := asObject(item); ok && u.Email == "" && text1(i, "type") == "email" {
			u.Email, u.EmailVerified = text1(i, "value"), isTrue(i, "verified")
		}
	}
	u.Username, u.CreatedAt, u.Disabled = text1(c, "username"), at(c, "created_at"), isTrue(c, "blocked")
	if u.Name = text1(c, "name"); u.Name == u.Email {
		u.Name = ""
	}
	to.hash(foreign.Parse(text1(c, "passwordHash", "password_hash", "custom_password_hash.hash.value")))
	for _, item := range asList(c["identities"]) {
		if i, ok := asObject(item); ok && text1(i, "provider") != "auth0" {
			to.identity(text1(i, "provider"), text1(i, "user_id"), text1(i, "profileData.email"))
		}
	}
	if len(asList(c["multifactor"])) > 0 {
		to.note("totpSecret", "The second factors were left out: the export has no secrets of them.")
	}
}))
