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
		told := map[auth.Waste]int{}
		swept, err := w.CleanUpTelling(t.Context(), func(what auth.Waste, gone int) {
			if gone != 0 {
				t.Errorf("%d of %s are gone, where there is nothing", gone, what)
			}
			told[what]++
		})
		must(t, err)
		for _, line := range swept {
			if told[line.What] != 1 {
				t.Errorf("%s is told %d times", line.What, told[line.What])
			}
		}
	})
}
