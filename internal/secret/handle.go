package secret

// userHandleBytes is how many bytes a handle has. WebAuthn allows 64 (Level 3, section 5.4.3).
const userHandleBytes = 32

// NewUserHandle returns random bytes that authenticators know a user by. They are no secret, and tell nothing of the
// user (Web Authentication Level 3, section 14.6.1).
func NewUserHandle() []byte { return randomBytes(userHandleBytes) }
