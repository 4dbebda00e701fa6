package provider

import (
	"regexp"
	"slices"
	"strings"
)

const (
	presetMicrosoft = "microsoft"
	// tenantMark stands for the tenant in the issuer of descriptions that are for several.
	tenantMark = "{tenantid}"
	// consumerTenant is that of all personal accounts.
	consumerTenant = "9188040d-6c67-4c5b-b112-36a304b66dad"
)

// https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols-oidc
var _ = newPreset(presetMicrosoft, preset{
	order: 20, name: "Microsoft", isOpenID: true, issuer: "https://login.microsoftonline.com", scopes: []string{"openid", "email", "profile"},
	authority: microsoftAuthority, settings: []string{"tenant", "tenants", "trust_second_factor", "native_client_ids"},
})

// issuerOf is the issuer of a tenant.
func (p *provider) issuerOf(tenant string) string { return p.preset.issuer + "/" + tenant + "/v2.0" }

// isIssuerOfTenant reports whether an issuer is that of a tenant, whichever.
func (p *provider) isIssuerOfTenant(issuer string) bool {
	tenant, _ := strings.CutPrefix(issuer, p.preset.issuer+"/")
	tenant, _ = strings.CutSuffix(tenant, "/v2.0")
	return isTenantID(tenant) && issuer == p.issuerOf(tenant)
}

var tenantID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func isTenantID(tenant string) bool { return tenantID.MatchString(tenant) }

// tenant is whom the provider signs in: one tenant by its id, or common, organizations or consumers.
func (p *provider) tenant() string { return p.tenantWord() }

// tenants are those that the operator has listed by their ids.
func (p *provider) tenants() []string {
	if isTenantID(p.tenant()) {
		return []string{p.tenant()}
	}
	return p.Tenants
}

// admitsTenant reports whether whoever is of a tenant may sign in: everyone, unless the operator lists tenants, or lets
// in only personal accounts, or only others.
func (p *provider) admitsTenant(tenant string) bool {
	switch isPersonal := tenant == consumerTenant; p.tenant() {
	case "consumers":
		return isPersonal
	case "organizations":
		if isPersonal {
			return false
		}
	}
	return len(p.tenants()) == 0 || p.listsTenant(tenant)
}

func (p *provider) listsTenant(tenant string) bool {
	return slices.ContainsFunc(p.tenants(), func(listed string) bool { return strings.EqualFold(listed, tenant) })
}

// microsoftAuthority: an address is what an administrator of the tenant has typed, so anyone can have a tenant in which
// they are anybody. Only xms_edov says that the tenant has proved to own the domain, and only in a tenant that the
// operator has listed does that count.
// https://learn.microsoft.com/en-us/entra/identity-platform/optional-claims-reference
func microsoftAuthority(p *provider, _ string, c claims) bool {
	return c.isTrue("xms_edov") && p.listsTenant(c.text("tid"))
}
