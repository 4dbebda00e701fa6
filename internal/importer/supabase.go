package importer

import "github.com/latchkey-auth/latchkey/internal/secret/foreign"

// Supabase is the table auth.users as JSON, with the identities and the factors of each user in it (docs/from-supabase.md).
var Supabase = newFormat("supabase", tableFormat("", func(_ *export, to *Row, c row) {
	switch {
	case isTrue(c, "is_anonymous"):
		to.refuse("", "The user is anonymous: there is no one to sign in.")
		return
	case !at(c, "deleted_at").IsZero():
		to.refuse("", "The user was deleted there.")
		return
	}
	u := to.User
	to.id(text1(c, "id"))
	u.Email, u.EmailVerified = text1(c, "email"), !at(c, "email_confirmed_at", "confirmed_at").IsZero()
	u.Name, u.CreatedAt = text1(c, "raw_user_meta_data.full_name", "raw_user_meta_data.name"), at(c, "created_at")
	u.Disabled = !at(c, "banned_until").IsZero()
	to.hash(foreign.Parse(text1(c, "encrypted_password")))
	for _, item := range asList(c["identities"]) {
		if i, ok := asObject(item); ok && text1(i, "provider") != "email" && text1(i, "provider") != "phone" {
			to.identity(text1(i, "provider"), text1(i, "provider_id", "identity_data.sub"), text1(i, "identity_data.email", "email"))
		}
	}
	for _, item := range asList(c["factors"]) {
		f, ok := asObject(item)
		switch {
		case !ok || text1(f, "status") != "verified":
		case text1(f, "factor_type") == "totp":
			to.totp(text1(f, "secret"))
		default:
			to.note("totpSecret", "A second factor was left out: only authenticator apps can be imported.")
		}
	}
}))
