package authtest

import (
	"slices"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// tableOfActs is the Observer of a world that has no other. It fails the test if an act or its outcome is
// not in the table of auth, so every test of a use case checks what the use case writes down.
type tableOfActs struct{ t testing.TB }

// Acted implements auth.Observer.
func (o tableOfActs) Acted(act auth.Act, outcome string) {
	for _, spec := range auth.Acts() {
		if spec.Act == act && slices.Contains(spec.Outcomes, outcome) {
			return
		}
	}
	o.t.Errorf("got the act %q with the outcome %q in the audit trail, want both in the table of acts", act, outcome)
}

// Limited implements auth.Observer.
func (tableOfActs) Limited(string) {}
