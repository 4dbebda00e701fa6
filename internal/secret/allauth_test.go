package secret_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// The codes are what Python's hmac makes of the seed in the way of django-allauth.
func TestAllauthRecoveryCodes(t *testing.T) {
	t.Parallel()
	seed := secret.Text(strings.Repeat("a", 40))
	all := secret.AllauthRecoveryCodes(seed, "0")
	if len(all) != 10 || !slices.Equal(all[:3], []secret.Text{"02484769", "28033403", "79000372"}) {
		t.Error("got other codes than allauth shows, want those")
	}
	if unused := secret.AllauthRecoveryCodes(seed, "5"); !slices.Equal(unused[:2], []secret.Text{all[1], all[3]}) || len(unused) != 8 {
		t.Error("got codes that were used, want the others")
	}
	if secret.AllauthRecoveryCodes("", "0") != nil || secret.AllauthRecoveryCodes(seed, "x") != nil {
		t.Error("got codes of nothing, want none")
	}
}
