package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// TestNobodyIsRefusedByWhatAReplicaKept changes things at one replica while the other answers from memory: a
// token or a right that is newer than that has to be good at once.
func TestNobodyIsRefusedByWhatAReplicaKept(t *testing.T) {
	t.Parallel()
	url := dbtest.Postgres(t)
	config := authtest.Unlimited(signed)
	config.JWTAudience = []string{config.Issuer}
	one := authtest.New(t, authtest.Open(t, url), config)
	db := authtest.Open(t, url)
	other := one.Replica(authtest.Difference{Store: db})
	one.Join(t, ada, adasPassword)
	token, password := logIn(t, one).Tokens.AccessToken, adasPassword
	kept := func() {
		t.Helper()
		before, _, _ := db.SessionCacheStats()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
			_, err := other.AuthorizeRead(t.Context(), token, auth.Requirement{Role: auth.RoleUser})
			must(t, err)
			if hits, _, _ := db.SessionCacheStats(); hits > before {
				return
			}
		}
		t.Fatal("got no answer from memory within a minute, want one")
	}
	for i := range 20 {
		kept()
		caller, err := one.Authenticate(t.Context(), token)
		must(t, err)
		next := secret.Text(fmt.Sprintf("another long enough password %d", i))
		change, err := one.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &password, NewPassword: next})
		must(t, err)
		token, password = change.Tokens.AccessToken, next
		if _, err := other.AuthorizeRead(t.Context(), token, auth.Requirement{Role: auth.RoleUser}); err != nil {
			t.Fatalf("the token of change %d is refused: %v", i, err)
		}
	}
	for range 20 {
		for _, role := range []auth.Role{auth.RoleUser, auth.RoleAdmin} {
			kept()
			_, err := one.SetRole(t.Context(), ada, role)
			must(t, err)
			if _, err := other.AuthorizeRead(t.Context(), token, auth.Requirement{Role: role}); err != nil {
				t.Fatalf("the role %s is refused: %v", role, err)
			}
		}
	}
}
