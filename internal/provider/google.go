package provider

import "strings"

const presetGoogle = "google"

// https://developers.google.com/identity/openid-connect/openid-connect
var _ = newPreset(presetGoogle, preset{
	order: 10, name: "Google", isOpenID: true, issuer: "https://accounts.google.com", scopes: []string{"openid", "email", "profile"},
	authority: googleAuthority, settings: []string{"native_client_ids"},
})

// googleAuthority: Google hosts the mail of gmail.com, and that of the domain in hd. A Google account with any other
// address has confirmed that once, and may have lost it since.
// https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
func googleAuthority(_ *provider, email string, c claims) bool {
	domain := domainOf(email)
	return c.isTrue("email_verified") && domain != "" && (domain == "gmail.com" || strings.EqualFold(c.text("hd"), domain))
}
