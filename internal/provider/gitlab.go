package provider

// https://docs.gitlab.com/integration/openid_connect_provider/
// Anyone may run a GitLab, and its administrators may set any address, so the operator says for which domains it counts.
var _ = newPreset("gitlab", preset{
	order: 50, name: "GitLab", isOpenID: true, issuer: "https://gitlab.com", scopes: []string{"openid", "email", "profile"},
	mayLackSecret: true, authority: trustedDomains,
	settings: []string{"issuer", "trust_email_domains", "private_network", "native_client_ids"},
})
