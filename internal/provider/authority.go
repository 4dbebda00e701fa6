package provider

import (
	"slices"
	"strings"
)

// authority reports whether a provider's word counts for an address: whoever signed in there owns it, beyond doubt and
// now. Claims are those of an id token, or of the answer of userinfo.
type authority func(p *provider, email string, claims claims) bool

// nobody is the authority of providers whose addresses may be typed by anyone, were verified years ago, or come without
// a word of verification.
func nobody(*provider, string, claims) bool { return false }

// trustedDomains is the authority of providers that the operator trusts for addresses of some domains, if the provider
// says that it has verified the address.
func trustedDomains(p *provider, email string, claims claims) bool {
	return claims.isTrue("email_verified") && p.trustsDomainOf(email)
}

// trustsDomainOf reports whether the operator has listed the domain of an address, or the star that stands for all.
func (p *provider) trustsDomainOf(email string) bool {
	domain := domainOf(email)
	return domain != "" && slices.ContainsFunc(p.TrustEmailDomains, func(trusted string) bool {
		return trusted == "*" || strings.EqualFold(trusted, domain)
	})
}

// domainOf returns the domain of an address in lower case; empty if it has none. Lower case of ASCII alone: a domain
// with other letters is never trusted by what it looks like.
func domainOf(email string) string {
	at := strings.LastIndexByte(email, '@')
	if at < 1 {
		return ""
	}
	domain := []byte(email[at+1:])
	for i, c := range domain {
		switch {
		case c >= 0x80:
			return ""
		case c >= 'A' && c <= 'Z':
			domain[i] = c + 'a' - 'A'
		}
	}
	return string(domain)
}
