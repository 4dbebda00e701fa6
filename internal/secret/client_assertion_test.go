package secret_test

import (
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestAKeyThatIsNoneIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, key := range []secret.Text{"", "Zanzibar", "-----BEGIN PRIVATE KEY-----\nWmFuemliYXI=\n-----END PRIVATE KEY-----"} {
		err := secret.CheckES256Key(key)
		if err == nil || strings.Contains(err.Error(), "Zanzibar") || strings.Contains(err.Error(), "WmFu") {
			t.Errorf("got %v, want an error that does not quote the key", err)
		}
		if _, err := secret.SignES256(key, "id", nil); err == nil {
			t.Error("something was signed by a key that is none")
		}
	}
}

func TestSecretsAreEqualOnlyToThemselves(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b secret.Text
		want bool
	}{{"a", "a", true}, {"a", "b", false}, {"a", "aa", false}, {"", "", true}, {"", "a", false}} {
		if got := test.a.Equal(test.b); got != test.want {
			t.Errorf("got %t, want %t", got, test.want)
		}
	}
}
