package config

// requireSecondFactor returns who must have a second factor. Production asks it of those who can do harm to others.
func (r *resolver) requireSecondFactor() string {
	if r.config.Mode == Production {
		return r.choice("LATCHKEY_REQUIRE_SECOND_FACTOR", "staff", "nobody", "admin", "everybody")
	}
	return r.choice("LATCHKEY_REQUIRE_SECOND_FACTOR", "nobody", "admin", "staff", "everybody")
}
