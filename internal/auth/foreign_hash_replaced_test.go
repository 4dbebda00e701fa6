//go:build !race

package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestAHashOfAnotherProgramIsReplacedAtTheFirstRightLogin(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s auth.Store) {
		w := authtest.New(t, s, authtest.Unlimited(authtest.Mandatory))
		kinds := foreignVectors(t)
		if len(kinds) < 20 {
			t.Fatalf("got %d kinds, want 20 or more", len(kinds))
		}
		n := 0
		for kind, v := range kinds {
			n++
			email := fmt.Sprintf("u%d@x.example", n)
			user := adopt(t, w, email, v.parse(t))
			before := reload(t, w, email).PasswordHash
			if logsIn(t, w, email, wrongPassword) || logsIn(t, w, email, adasPassword) {
				t.Errorf("%s: got a login with a wrong password, want none", kind)
			}
			if reload(t, w, email).PasswordHash != before {
				t.Errorf("%s: got another hash after a wrong password, want the same", kind)
			}
			if !logsIn(t, w, email, v.Password) {
				t.Errorf("%s: got the right password refused, want a login", kind)
				continue
			}
			after := reload(t, w, email).PasswordHash.Reveal()
			if !strings.HasPrefix(after, "$argon2id$v=19$m=64,") || strings.Count(after, "$") != 5 {
				t.Errorf("%s: got a hash that is not one of ours, want it replaced", kind)
			}
			if !logsIn(t, w, email, v.Password) || logsIn(t, w, email, v.Password+"x") {
				t.Errorf("%s: after that got the password refused or another accepted, want the whole of it", kind)
			}
			if reload(t, w, email).ID != user.ID || reload(t, w, email).PasswordHash.Reveal() != after {
				t.Errorf("%s: got the new hash replaced again", kind)
			}
		}
	})
}
