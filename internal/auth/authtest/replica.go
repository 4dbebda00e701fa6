package authtest

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Difference is what a replica does not share with its world. What is zero, it shares.
type Difference struct {
	Store  auth.Store
	Config auth.Config
	Hasher *secret.Hasher
}

// Replica returns a second Service that tells the time by the same clock, as a second process on the
// same database would be, or the same one after its settings were changed.
func (w *World) Replica(d Difference) *World {
	other := &World{Store: w.Store, Clock: w.Clock, Hasher: w.Hasher, Key: w.Key}
	config := w.Config()
	if d.Store != nil {
		other.Store = d.Store
	}
	if d.Hasher != nil {
		other.Hasher = d.Hasher
	}
	if d.Config.EmailVerification != "" {
		config = d.Config
	}
	other.Service = auth.New(config, other.Key, other.Store, other.Hasher, other, w.Clock.Now)
	return other
}

// Hasher returns a hasher with these costs.
func Hasher(t testing.TB, params secret.Params, options ...secret.Option) *secret.Hasher {
	t.Helper()
	hasher, err := secret.NewHasher(params, options...)
	if err != nil {
		t.Fatalf("make hasher: %v", err)
	}
	return hasher
}

// WithLoginCodes returns a configuration with login by mailed code turned on, in which a code can be
// asked for as often as a test does while its clock stands still.
func WithLoginCodes(config auth.Config) auth.Config {
	limits, problems := auth.ParseLimits("request_login_code=off/account")
	if len(problems) > 0 {
		panic(problems)
	}
	config.LoginCodes, config.Limits = true, limits
	return config
}

// Unlimited returns a configuration in which everything can be done as often as a test does, for tests
// that are not about limits and would trip them.
func Unlimited(config auth.Config) auth.Config {
	config.Limits = auth.NoLimits
	return config
}

// The configurations in which a sign-up is a user at once.
var (
	Optional = auth.Config{Registration: auth.RegistrationOpen, EmailVerification: auth.VerificationOptional, TrustedDevices: true}
	None     = auth.Config{Registration: auth.RegistrationOpen, EmailVerification: auth.VerificationNone, TrustedDevices: true}
)
