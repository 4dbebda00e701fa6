package auth

// Claims is what JWTs tell of the user beside the id.
type Claims struct{}

// Of returns the claims of a user.
func (Claims) Of(*User) map[string]any { return map[string]any{} }
