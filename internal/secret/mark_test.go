package secret_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestMark(t *testing.T) {
	key := secret.NewKey()
	m := secret.NewMarker(key)
	mark := m.Mark("ada@example.com")

	t.Run("is 16 hexadecimal digits", func(t *testing.T) {
		if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(mark) {
			t.Errorf("the mark is %q", mark)
		}
	})
	t.Run("is the same on every server with the key", func(t *testing.T) {
		if again := secret.NewMarker(key).Mark("ada@example.com"); again != mark {
			t.Errorf("the marks are %s and %s", mark, again)
		}
	})
	t.Run("is another one of another text and with another key", func(t *testing.T) {
		if m.Mark("bob@example.com") == mark || secret.NewMarker(secret.NewKey()).Mark("ada@example.com") == mark {
			t.Error("different texts or keys share a mark")
		}
	})
	t.Run("its maker prints nothing of the key", func(t *testing.T) {
		derived := secret.Key(key.Derive("log"))
		for _, verb := range []string{"%v", "%+v", "%#v", "%x"} {
			if printed := fmt.Sprintf(verb, m); strings.Contains(printed, fmt.Sprintf("%x", derived[0:4])) || strings.Contains(printed, fmt.Sprint(derived[0])+" "+fmt.Sprint(derived[1])) {
				t.Errorf("%s prints some of the key", verb)
			}
		}
	})
}
