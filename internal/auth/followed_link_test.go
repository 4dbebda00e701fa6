package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestALinkThatWorkedIsKnownToAllReplicas follows each link that a page has on one replica, and asks another.
func TestALinkThatWorkedIsKnownToAllReplicas(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		other := w.Replica(authtest.Difference{})
		caller, _ := joined(t, w, ada, adasPassword)
		for _, name := range []string{"confirm", "undo", "reset"} { // the last one ends the session
			w.Letters(t)
			token := linkedActs[name].mailed(t, w, caller)
			mark, strange := []byte("a form for "+name), []byte("another form")
			marked := func(mark []byte) context.Context {
				return auth.WithRequest(t.Context(), auth.Request{ID: "request", LinkMark: mark})
			}
			isFollowed := func(mark []byte, want bool) {
				t.Helper()
				got, err := other.LinkFollowed(t.Context(), mark)
				must(t, err)
				if got != want {
					t.Errorf("%s: got followed: %t, want %t", name, got, want)
				}
			}
			isFollowed(mark, false)
			must(t, linkedActs[name].follow(marked(mark), w, caller, token))
			isFollowed(mark, true)
			isFollowed(nil, false)

			refused(t, linkedActs[name].follow(marked(strange), other, caller, token), auth.InvalidToken)
			isFollowed(strange, false)

			w.Clock.Advance(10*time.Minute - time.Microsecond)
			isFollowed(mark, true)
			w.Clock.Advance(time.Microsecond)
			isFollowed(mark, false)
		}
	})
}
