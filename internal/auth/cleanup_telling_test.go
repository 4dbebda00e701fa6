package auth_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

func TestCleanUpTellsWhatItDoes(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		told := map[auth.ExpiredKind]int{}
		swept, err := w.CleanUp(t.Context(), func(what auth.ExpiredKind, gone int) {
			if gone != 0 {
				t.Errorf("%d of %s are gone, where there is nothing", gone, what)
			}
			told[what]++
		})
		must(t, err)
		for _, line := range swept {
			if told[line.Kind] != 1 {
				t.Errorf("%s is told %d times", line.Kind, told[line.Kind])
			}
		}
	})
}
