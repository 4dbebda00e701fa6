package importer

import (
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// Systems that keep their users in one table of an application's database: the table as comma-separated values with the
// names of the columns, or as JSON.
var (
	// Authorizer is the table authorizer_users.
	Authorizer = newFormat("authorizer", tableFormat("", func(_ *export, to *Row, c row) {
		u := to.User
		to.id(text1(c, "id"))
		u.Email, u.EmailVerified = text1(c, "email"), !at(c, "email_verified_at").IsZero()
		u.Name, u.CreatedAt = fullName(c, "given_name", "family_name"), at(c, "created_at")
		u.Disabled = !at(c, "revoked_timestamp").IsZero()
		to.hash(foreign.Parse(text1(c, "password")))
	}))

	// PocketBase is the table of an auth collection, such as users.
	PocketBase = newFormat("pocketbase", tableFormat("items", func(_ *export, to *Row, c row) {
		u := to.User
		u.ExternalID, u.Email, u.EmailVerified = text1(c, "id"), text1(c, "email"), isTrue(c, "verified")
		u.Username, u.Name, u.CreatedAt = text1(c, "username"), text1(c, "name"), at(c, "created")
		to.hash(foreign.Parse(text1(c, "password", "passwordHash")))
	}))

	// BetterAuth is the table user with the passwords and accounts of each (docs/import.md).
	BetterAuth = newFormat("better-auth", tableFormat("", func(_ *export, to *Row, c row) {
		u := to.User
		to.id(text1(c, "id"))
		u.Email, u.EmailVerified = text1(c, "email"), isTrue(c, "emailVerified") || isTrue(c, "email_verified")
		u.Username, u.Name = text1(c, "displayUsername", "username"), text1(c, "name")
		u.CreatedAt, u.Disabled = at(c, "createdAt", "created_at"), isTrue(c, "banned")
		if hash := text1(c, "password"); hash != "" {
			to.hash(foreign.ParseBetterAuth(hash))
		}
		for _, item := range asList(c["accounts"]) {
			a, ok := asObject(item)
			switch id := text1(a, "providerId", "provider_id"); {
			case !ok:
			case id == "credential":
				to.hash(foreign.ParseBetterAuth(text1(a, "password")))
			default:
				to.identity(id, text1(a, "accountId", "account_id"), "")
			}
		}
	}))

	// WordPress is the table wp_users, or what `wp user list` prints of it.
	WordPress = newFormat("wordpress", tableFormat("", func(e *export, to *Row, c row) {
		u := to.User
		u.ExternalID, u.Email, u.Username = text1(c, "ID"), text1(c, "user_email"), text1(c, "user_login")
		u.Name, u.CreatedAt = text1(c, "display_name"), at(c, "user_registered")
		to.verifiedAsTold(e)
		if strings.Contains(text1(c, "roles"), "administrator") {
			u.Role = "ADMIN"
		}
		to.hash(foreign.ParseWordPress(text1(c, "user_pass")))
	}))

	// Laravel is the table users.
	Laravel = newFormat("laravel", tableFormat("", func(_ *export, to *Row, c row) {
		u := to.User
		to.id(text1(c, "id"))
		u.Email, u.EmailVerified = text1(c, "email"), !at(c, "email_verified_at").IsZero()
		u.Username, u.Name, u.CreatedAt = text1(c, "username"), text1(c, "name"), at(c, "created_at")
		u.Disabled = !at(c, "deleted_at").IsZero()
		to.hash(foreign.Parse(text1(c, "password")))
		if text1(c, "two_factor_secret") != "" {
			to.note("totpSecret", "The authenticator app was left out: its secret is encrypted under the key of the application.")
		}
	}))

	// Devise is the table users of a Rails application.
	Devise = newFormat("devise", tableFormat("", func(e *export, to *Row, c row) {
		u := to.User
		to.id(text1(c, "id"))
		u.Email, u.Username = text1(c, "email"), text1(c, "username", "login")
		if u.Name = text1(c, "name"); u.Name == "" {
			u.Name = fullName(c, "first_name", "last_name")
		}
		u.CreatedAt, u.Disabled = at(c, "created_at"), !at(c, "deleted_at", "discarded_at").IsZero()
		if _, isConfirmable := c["confirmed_at"]; isConfirmable {
			u.EmailVerified = !at(c, "confirmed_at").IsZero()
		} else {
			to.verifiedAsTold(e)
		}
		to.hash(foreign.ParseDevise(text1(c, "encrypted_password"), e.options.Hashes.pepper()))
	}))

	// ASPNET is the table AspNetUsers of ASP.NET Core Identity.
	ASPNET = newFormat("aspnet", tableFormat("", func(_ *export, to *Row, c row) {
		u := to.User
		to.id(strings.ToLower(text1(c, "Id")))
		u.Email, u.EmailVerified, u.Username = text1(c, "Email"), isTrue(c, "EmailConfirmed"), text1(c, "UserName")
		if u.Username == u.Email {
			u.Username = ""
		}
		to.hash(foreign.ParseASPNET(text1(c, "PasswordHash")))
		to.totp(text1(c, "AuthenticatorKey"))
	}))
)

// recoveryCode takes a recovery code.
func (r *Row) recoveryCode(code string) {
	r.User.RecoveryCodes = append(r.User.RecoveryCodes, secret.Text(code))
}
